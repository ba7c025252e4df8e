// What operators load into their tools: the metrics page judged by promtool, the dashboard and the alert rules of
// docs/monitoring against a running server, and a real Prometheus that scrapes it and evaluates the rules.
import TestSupport
import Testing

@Suite("Monitoring", .timeLimit(.minutes(30)))
struct MonitoringTests {
  private static let folder = SourceTree.root + "/docs/monitoring"
  /// Debian's package prometheus has both.
  private static let promtool = installed("promtool")
  private static let prometheus = installed("prometheus")

  private static func installed(_ name: String) -> String? {
    ["/usr/bin/", "/usr/local/bin/"].map { $0 + name }.first { contents(of: $0) != nil }
  }

  private static func text(_ file: String) throws -> String {
    guard let bytes = contents(of: "\(folder)/\(file)") else { throw TestFailure("there is no \(file)") }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A server on which something of everything has happened.
  private func busyServer() throws -> TestServer {
    let world = try TestServer()
    let event = try world.event(seats: 1)
    let (socket, _) = try world.watch(event)
    defer { socket.drop() }
    try world.person(1).book(event)
    #expect(try world.person(2).tryToBook(event).status == 409)
    _ = try socket.expect("booking_created")
    try eventually("the requests are counted") {
      try world.server.client().get("/metrics").text.contains(#"route="/api/bookings",status="4xx""#)
    }
    return world
  }

  /// The families that a page tells.
  private func families(_ page: String) -> Set<Substring> {
    Set(
      page.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.compactMap {
        $0.split(separator: " ").dropFirst(2).first
      })
  }

  @Test(
    "Each metric of the dashboard and of the rules is told by a server",
    arguments: ["seatcast-dashboard.json", "alerts.yml", "alerts_test.yml"])
  func names(file: String) throws {
    let families = families(try busyServer().server.client().get("/metrics").text)
    let used = Set(try Self.text(file).matches(of: /seatcast_[a-z_]+/).map { String($0.output) })
    #expect(used.count > 3)
    // Told only where several nodes share a database; MetricsReferenceTests holds the reference against the code.
    let reference = try Self.text("../METRICS.md")
    let ofNodes = ["seatcast_node", "seatcast_bus_", "seatcast_clock_offset"]
    for name in used {
      if ofNodes.contains(where: { name.hasPrefix($0) }) {
        #expect(reference.contains("| `\(name)` |"), "\(name)")
        continue
      }
      let stem = ["_bucket", "_sum", "_count"].first { name.hasSuffix($0) }.map { name.dropLast($0.count) }
      #expect(families.contains(name[...]) || stem.map { families.contains($0) } ?? false, "\(name)")
    }
  }

  /// What the dashboard asks, by panel and query, as Prometheus gets it: Grafana fills in the variables.
  private static func queries() throws -> [(name: String, text: String)] {
    let panels = try #require(try JSON(parsing: text("seatcast-dashboard.json"))["panels"]?.array)
    return try panels.flatMap { panel in
      try #require(panel["targets"]?.array).map { target in
        let asked = try target.word("expr").replacing("$__rate_interval", with: "5s")
          .replacing("$instance", with: ".*")
        return ("dashboard:\(try panel.number("id"))_\(try target.word("refId"))", asked)
      }
    }
  }

  /// A file of rules that record what the dashboard asks. JSON is YAML.
  private static func recorded(in folder: TemporaryFolder) throws -> String {
    let rules = try queries().map { name, text in
      JSON.object(["record": .string(name), "expr": .string(text)])
    }
    let file: JSON = ["groups": [["name": "dashboard", "rules": .array(rules)]]]
    try put(file.text, at: folder.path + "/dashboard.yml")
    return folder.path + "/dashboard.yml"
  }

  @Test("Each panel has a place, a unit and a data source of its own choice, and uses variables that exist")
  func panels() throws {
    let dashboard = try JSON(parsing: Self.text("seatcast-dashboard.json"))
    let panels = try #require(dashboard["panels"]?.array)
    var (taken, ids): (Set<[Int]>, Set<Int>) = ([], [])
    for panel in panels {
      let title = try panel.word("title")
      let place = try #require(panel["gridPos"])
      let (x, width) = (try place.number("x"), try place.number("w"))
      #expect(x >= 0 && width > 0 && x + width <= 24, "\(title)")
      for column in x..<(x + width) {
        for row in try place.number("y")..<(place.number("y") + place.number("h")) {
          #expect(taken.insert([column, row]).inserted, "\(title) lies over another panel")
        }
      }
      #expect(ids.insert(try panel.number("id")).inserted, "\(title)")
      #expect(panel["datasource"]?["uid"] == "${datasource}", "\(title)")
      #expect(["stat", "timeseries"].contains(try panel.word("type")), "\(title)")
      #expect(panel["fieldConfig"]?["defaults"]?["unit"]?.string?.isEmpty == false, "\(title)")
      let targets = try #require(panel["targets"]?.array)
      #expect(!targets.isEmpty && Set(targets.map { $0["refId"]?.string }).count == targets.count, "\(title)")
      #expect(targets.allSatisfy { $0["legendFormat"]?.string?.isEmpty == false }, "\(title)")
    }
    let known = try #require(dashboard["templating"]?["list"]?.array).map { try $0.word("name") }
    let used = Set(dashboard.text.matches(of: /\$\{?(\w+)/).map { String($0.output.1) })
    #expect(used.subtracting(known).subtracting(["__rate_interval", "__all"]) == [])
  }

  @Test("The dashboard is JSON whose panels have titles, and each rule says what to do")
  func documents() throws {
    let panels = try #require(try JSON(parsing: Self.text("seatcast-dashboard.json"))["panels"]?.array)
    #expect(panels.count > 10 && panels.allSatisfy { $0["title"]?.string?.isEmpty == false })
    let rules = try Self.text("alerts.yml")
    let count = rules.matches(of: #/- alert: /#).count
    #expect(count > 10)
    for member in [#/ summary: "/#, #/ runbook: "/#] { #expect(rules.matches(of: member).count == count) }
  }

  @Test(
    "promtool finds nothing wrong with the metrics page, the rules and the queries of the dashboard",
    .enabled(if: Self.promtool != nil, "promtool is not installed (Debian package prometheus)"))
  func lint() throws {
    let promtool = try #require(Self.promtool)
    let page = try busyServer().server.client().get("/metrics").text
    let folder = try TemporaryFolder()
    try put(page, at: folder.path + "/page")
    let checked = try run("/bin/sh", ["-c", "\(promtool) check metrics < \(folder.path)/page"])
    #expect(checked.status == .exited(0) && checked.error.isEmpty, "\(checked.output)\(checked.error)")
    for (word, file) in [
      ("check", Self.folder + "/alerts.yml"), ("test", Self.folder + "/alerts_test.yml"),
      ("check", try Self.recorded(in: folder)),
    ] {
      let ended = try run(promtool, [word, "rules", file])
      #expect(ended.status == .exited(0), "\(ended.output)\(ended.error)")
    }
  }

  @Test(
    "A real Prometheus scrapes the server, evaluates every rule, and has an answer to what the dashboard asks",
    .enabled(if: Self.prometheus != nil, "prometheus is not installed (Debian package prometheus)"))
  func scraped() throws {
    let world = try busyServer()
    let folder = try TemporaryFolder()
    let configuration = """
      global: {scrape_interval: 1s, evaluation_interval: 1s}
      rule_files: ["\(Self.folder)/alerts.yml", "\(try Self.recorded(in: folder))"]
      scrape_configs:
        - job_name: seatcast
          static_configs: [{targets: ["127.0.0.1:\(world.port)"]}]

      """
    try put(configuration, at: folder.path + "/prometheus.yml")
    let port = try freePort()
    let process = try ChildProcess(
      #require(Self.prometheus),
      [
        "--config.file=\(folder.path)/prometheus.yml", "--storage.tsdb.path=\(folder.path)/data",
        "--web.listen-address=127.0.0.1:\(port)", "--log.level=error",
      ])
    defer { process.signal(9) }
    func ask(_ path: String) throws -> JSON? {
      // Not `get`, which holds every answer against the documents of our own server.
      let client = HTTPClient(port: port)
      guard (try? client.send(raw: Array("GET \(path) HTTP/1.1\r\nHost: here\r\n\r\n".utf8))) != nil,
        let answer = try? client.answer(), answer.status == 200
      else { return nil }
      return try answer.json()["data"]
    }
    try eventually(within: .seconds(60), "it has scraped") {
      try ask("/api/v1/query?query=up")?["result"]?[0]?["value"]?[1] == "1"
    }
    try eventually(within: .seconds(60), "it has evaluated every rule") {
      let groups = try ask("/api/v1/rules")?["groups"]?.array ?? []
      let rules = groups.flatMap { $0["rules"]?.array ?? [] }
      return groups.count == 2 && rules.count > 40 && rules.allSatisfy { $0["health"] == "ok" }
    }
    // Nothing was refused in the last seconds, and there is no backup; all else has a value.
    for (name, text) in try Self.queries()
    where !text.contains("> 0") && !text.contains("backup_age") {
      try eventually(within: .seconds(30), "\(name) has an answer: \(text)") {
        try ask("/api/v1/query?query=\(name)")?["result"]?.array?.isEmpty == false
      }
    }
    #expect(
      try ask("/api/v1/query?query=seatcast_bookings_total")?["result"]?[0]?["value"]?[1] == "1")
  }
}
