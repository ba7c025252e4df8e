// What ships the server: the container's recipe, the units, the bill of materials, and that there is one version.
import Glibc
import TestSupport
import Testing

@Suite("Packaging", .timeLimit(.minutes(30)))
struct PackagingTests {
  private static let folder = SourceTree.root + "/script/packaging"
  private static let hasDpkg = (try? run("dpkg-query", ["--version"]).status) == .exited(0)
  private static let hasAnalyze = (try? run("systemd-analyze", ["--version"]).status) == .exited(0)

  private func text(_ path: String) throws -> String {
    String(decoding: try #require(contents(of: Self.folder + "/" + path)), as: UTF8.self)
  }

  /// Words and what follows them, continuation lines joined.
  private func instructions() throws -> [(word: String, rest: String)] {
    let lines = try text("Dockerfile").split(separator: "\n").filter { !$0.hasPrefix("#") }
    return lines.joined(separator: "\n").replacing("\\\n", with: " ").split(separator: "\n").map { line in
      let word = line.prefix { $0 != " " }
      return (String(word), String(line.dropFirst(word.count + 1)))
    }
  }

  @Test("the image's last stage runs as nobody special, starts without a shell, and asks its own health")
  func dockerfile() throws {
    let all = try instructions()
    let last = all[(try #require(all.lastIndex { $0.word == "FROM" }))...]
    func only(_ word: String) throws -> String {
      let found = last.filter { $0.word == word }
      try #require(found.count == 1, "\(word)")
      return found[found.startIndex].rest
    }
    #expect(Int(try only("USER").prefix { $0 != ":" }).map { $0 > 0 } == true)
    #expect(try only("ENTRYPOINT") == #"["/usr/bin/seatcast"]"#)
    #expect(try only("CMD") == #"["serve"]"#)
    #expect(try only("HEALTHCHECK").hasSuffix(#"CMD ["/usr/bin/seatcast", "health"]"#))
    #expect(try only("STOPSIGNAL") == "SIGTERM")
    for label in ["title", "description", "licenses", "version", "revision"] {
      #expect(try only("LABEL").contains("org.opencontainers.image.\(label)="))
    }
    for instruction in all where instruction.word == "RUN" && instruction.rest.contains("apt-get install") {
      #expect(instruction.rest.contains("--no-install-recommends"))
      #expect(instruction.rest.contains("rm -rf /var/lib/apt/lists/*"))
    }
  }

  @Test("what the image copies is there, and what it sets is a setting")
  func references() throws {
    let ignored = try text("Dockerfile.dockerignore").split(separator: "\n")
    for (word, rest) in try instructions() where word == "COPY" && !rest.hasPrefix("--from=") {
      for source in rest.split(separator: " ").dropLast() {
        #expect(unsafe access("\(SourceTree.root)/\(source)", F_OK) == 0, "\(source)")
        #expect(ignored.contains("!\(source)"), "\(source) is kept out by Dockerfile.dockerignore")
      }
    }
    let help = try run(ServerProcess.executable(), ["serve", "--help"]).output
    let variables = try instructions().filter { $0.word == "ENV" }.flatMap { $0.rest.split(separator: " ") }
      .map { String($0.prefix { $0 != "=" }) }
    #expect(variables.count >= 3)
    for variable in variables { #expect(help.contains(variable), "\(variable)") }
  }

  @Test("what the image's first stage copies is a whole package", .enabled(if: isInstalled("swift")))
  func firstStage() throws {
    let stage = try TemporaryFolder()
    let all = try instructions()
    let first = all[..<(try #require(all.lastIndex { $0.word == "FROM" }))]
    for (_, rest) in first where first.contains(where: { $0.rest == rest && $0.word == "COPY" }) {
      let words = rest.split(separator: " ").map(String.init)
      for source in words.dropLast() {
        let copied = try run(
          "bash", ["-euc", "cd \"$0\"; cp -r --parents \"$1\" \"$2\"", SourceTree.root, source, stage.path])
        #expect(copied.status == .exited(0), "\(copied.error)")
      }
    }
    let described = try run(
      "swift", ["package", "--package-path", stage.path, "describe"], within: .seconds(300))
    #expect(described.status == .exited(0), "\(described.error)")
    #expect(described.output.contains("Name: seatcast"))
  }

  @Test("the unit's commands are commands, and the socket's address is the default one")
  func units() throws {
    let unit = try text("systemd/seatcast.service")
    let commands = unit.split(separator: "\n").filter { $0.hasPrefix("Exec") }
      .map { $0.drop { $0 != "=" }.dropFirst().split(separator: " ").map(String.init) }
    #expect(commands.count == 2)
    for command in commands {
      #expect(command[0] == "/usr/bin/seatcast")
      let help = try run(ServerProcess.executable(), command[1...].prefix { !$0.hasPrefix("-") } + ["--help"])
      #expect(help.status == .exited(0))
      for flag in command where flag.hasPrefix("--") { #expect(help.output.contains(flag), "\(flag)") }
    }
    #expect(unit.contains("\nType=notify-reload\n"))
    #expect(unit.contains("\nWatchdogSec="))
    #expect(try text("systemd/seatcast.socket").contains("\nListenStream=127.0.0.1:3000\n"))
  }

  @Test("systemd rates the unit's exposure below 2", .enabled(if: hasAnalyze))
  func exposure() throws {
    let rated = try run(
      "systemd-analyze",
      ["security", "--offline=true", "--threshold=20", Self.folder + "/systemd/seatcast.service"])
    #expect(rated.status == .exited(0), "\(rated.output)\(rated.error)")
  }

  @Test(
    "the bill of materials names every library once, with relations that resolve",
    .enabled(if: isInstalled("python3") && hasDpkg))
  func billOfMaterials() throws {
    let made = try run(
      Self.folder + "/sbom", [try ServerProcess.executable(), "1.2.3"],
      environment: ["SOURCE_DATE_EPOCH": "0"])
    try #require(made.status == .exited(0), "\(made.error)")
    let bill = try JSON(parsing: made.output)
    #expect(bill["spdxVersion"] == "SPDX-2.3")
    #expect(bill["creationInfo"]?["created"] == "1970-01-01T00:00:00Z")
    let packages = try #require(bill["packages"]?.array)
    let names = packages.compactMap { $0["name"]?.string }
    for name in ["seatcast", "swift-runtime", "libuv1", "libssl3", "libsqlite3-0", "libc6"] {
      #expect(names.filter { $0 == name }.count == 1, "\(name)")
    }
    let known = Set(packages.compactMap { $0["SPDXID"]?.string } + ["SPDXRef-DOCUMENT"])
    #expect(known.count == packages.count + 1)
    for relation in try #require(bill["relationships"]?.array) {
      #expect(known.contains(try relation.word("spdxElementId")))
      #expect(known.contains(try relation.word("relatedSpdxElement")))
    }
  }

  @Test("scripts, sources and the executable tell one version")
  func version() throws {
    let told = try run("bash", ["-c", ". '\(Self.folder)/common' && printf %s \"$version\""])
    #expect(told.status == .exited(0), "\(told.error)")
    #expect(try run(ServerProcess.executable(), ["version"]).output == "seatcast \(told.output)\n")
  }
}
