// The configurations of docs/guides/PROXY.md in front of a real server, with the proxies of Debian: requests, a WebSocket, an
// event stream, and whose address counts. A proxy that is not installed is skipped with a sentence.
import Glibc
import TestSupport
import Testing

@Suite("Proxies", .timeLimit(.minutes(30)))
struct ProxyTests {
  enum Proxy: String, CaseIterable, Sendable {
    case nginx, haproxy, caddy

    var isInstalled: Bool {
      (try? run(program, [self == .caddy ? "version" : "-v"]).status) == .exited(0)
    }

    var program: String { Programs.path(ofService: rawValue) ?? rawValue }

    /// What stands around the guide's block.
    func configuration(_ block: String, folder: String) -> String {
      switch self {
      case .nginx:
        let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
          .map { "  \($0)_temp_path \(folder)/\($0);" }.joined(separator: "\n")
        return """
          \(geteuid() == 0 ? "user root;" : "")
          daemon off;
          worker_processes 1;
          pid \(folder)/pid;
          error_log stderr;
          events { worker_connections 256; }
          http {
            access_log off;
          \(paths)
          \(block)
          }

          """
      case .haproxy: return block + "\n"
      case .caddy: return "{\n  admin off\n}\n" + block + "\n"
      }
    }

    func arguments(_ file: String) -> [String] {
      switch self {
      case .nginx: ["-c", file, "-e", "stderr"]
      case .haproxy: ["-db", "-f", file]
      case .caddy: ["run", "--config", file, "--adapter", "caddyfile"]
      }
    }
  }

  /// The block of this language, with these ports.
  private func block(_ proxy: Proxy, port: Int, of server: Int) throws -> String {
    let guide = String(
      decoding: contents(of: SourceTree.root + "/docs/guides/PROXY.md") ?? [], as: UTF8.self)
    let start = try #require(guide.firstRange(of: "```\(proxy.rawValue)\n"))
    let rest = guide[start.upperBound...]
    let end = try #require(rest.firstRange(of: "\n```"))
    return rest[..<end.lowerBound].split(separator: "\n", omittingEmptySubsequences: false)
      .map { line in
        String(line).replacing("127.0.0.1:3000", with: "127.0.0.1:\(server)")
          .replacing("listen 80;", with: "listen 127.0.0.1:\(port);")
          .replacing("bind :80", with: "bind 127.0.0.1:\(port)")
          .replacing("http://:80", with: "http://127.0.0.1:\(port)")
      }.joined(separator: "\n")
  }

  private func start(_ proxy: Proxy, of server: Int, in folder: TemporaryFolder) throws -> (ChildProcess, Int)
  {
    let port = try freePort()
    let file = folder.path + "/" + proxy.rawValue + ".conf"
    try put(proxy.configuration(try block(proxy, port: port, of: server), folder: folder.path), at: file)
    let process = try ChildProcess(
      proxy.program, proxy.arguments(file), environment: ["HOME": folder.path, "XDG_DATA_HOME": folder.path])
    do {
      try eventually("\(proxy) passes requests on") {
        if process.poll() != nil { throw TestFailure("\(proxy) ended: \(process.standardError)") }
        return (try? HTTPClient(port: port).get("/readyz").status) == 200
      }
    } catch {
      throw TestFailure("\(error): \(process.standardError)")
    }
    return (process, port)
  }

  @Test(
    "the guide's configuration passes everything on, at once, with the client's address",
    arguments: Proxy.allCases)
  func passes(proxy: Proxy) throws {
    guard proxy.isInstalled else {
      print("\(proxy.rawValue) is not installed; its configuration is not tested.")
      return
    }
    var options = ServerOptions()
    options.arguments = ["--trusted-proxies", "127.0.0.1"]
    let server = try TestServer(options)
    let event = try server.event(seats: 100)
    let folder = try TemporaryFolder()
    let (process, port) = try start(proxy, of: server.port, in: folder)
    let token = server.mint.token(user: 7)

    let socket = try WebSocketClient(port: port, path: "/ws/events/\(event)", token: token)
    _ = try socket.expect("connection_established")
    let stream = try EventStreamClient(port: port, path: "/api/events/\(event)/stream", token: token)
    #expect(stream.answer.status == 200)
    _ = try stream.next()
    for seq in 1...3 {
      try HTTPClient(port: port, token: token).book(event)
      #expect(try socket.expect("booking_created").number("seq") == seq)
      let streamed = try JSON(parsing: try stream.next().data)
      #expect(try streamed.number("seq") == seq)
    }
    socket.drop()
    stream.close()

    try checkAddress(server, port: port)
    process.signal(SIGTERM)
    _ = try process.wait()
  }

  /// A client at another address that claims to be a third one is known by its own.
  private func checkAddress(_ server: TestServer, port: Int) throws {
    let stranger = HTTPClient(port: port, from: "127.0.0.2")
    let answer = try stranger.request(
      "POST", "/api/auth/login", json: ["email": "nobody@example.test", "password": "a wrong password"],
      fields: [("X-Forwarded-For", "192.0.2.99")])
    #expect(answer.status == 401)
    try eventually("the failure is in the audit log") {
      let entries = try server.admin().get("/api/audit?limit=20").json()["items"]?.array ?? []
      return entries.contains { $0["action"] == "login.failure" && $0["address"] == "127.0.0.2" }
    }
  }
}
