// A service manager's view of the server: what it is told, what it passes, and how the server leaves.
import Glibc
import TestSupport
import Testing

@Suite("Service manager", .timeLimit(.minutes(30)))
struct ServiceManagerTests {
  /// The manager's end of the notification socket.
  @safe private final class Manager {
    let path: String
    private let descriptor: Int32

    init(_ folder: TemporaryFolder) throws {
      path = folder.path + "/notify"
      descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      let bytes = Array(path.utf8)
      unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
      let descriptor = descriptor
      let result = unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
      try #require(result == 0)
    }

    deinit { close(descriptor) }

    /// The next message that begins like this; others are passed over.
    func expect(_ start: String) throws -> String {
      while true {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&entry, 1, 60_000) == 1 else { throw TestFailure("no message \(start)") }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = unsafe recv(descriptor, &bytes, bytes.count, 0)
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        if text.hasPrefix(start) { return text }
      }
    }
  }

  @Test("readiness, reloads, signs of life and the stop are told")
  func told() throws {
    let folder = try TemporaryFolder()
    let manager = try Manager(folder)
    var options = ServerOptions()
    options.environment = ["NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "2000000"]
    let server = try TestServer(options)
    let ready = try manager.expect("READY=1\n")
    #expect(ready == "READY=1\nSTATUS=Serving on http://127.0.0.1:\(server.port)")
    for _ in 0..<8 { _ = try manager.expect("WATCHDOG=1") }
    server.server.process.signal(SIGHUP)
    #expect(try manager.expect("RELOADING=1\n").contains("\nMONOTONIC_USEC="))
    #expect(try manager.expect("READY=1\n") == ready)
    server.server.process.signal(SIGTERM)
    #expect(try manager.expect("STOPPING=1\n").contains("SIGTERM"))
    #expect(try server.server.process.wait() == .exited(0))
  }

  @Test(
    "on SIGUSR2 the program is started anew and takes over, and the manager is told which process is the service"
  )
  func renewed() throws {
    let folder = try TemporaryFolder()
    let manager = try Manager(folder)
    var options = ServerOptions()
    options.environment = ["NOTIFY_SOCKET": manager.path]
    let server = try TestServer(options)
    let event = try server.event(seats: 9)
    let (socket, _) = try server.watch(event)
    _ = try manager.expect("READY=1\n")
    server.server.process.signal(SIGUSR2)
    let heir = try #require(
      Int32(try manager.expect("MAINPID=").drop { !$0.isNumber }.prefix { $0.isNumber }))
    _ = try manager.expect("READY=1\n")
    #expect(try server.server.process.wait() == .exited(0))
    try server.person(1).book(event)
    #expect(try socket.expect("booking_created").number("seq") == 1)
    kill(heir, SIGTERM)
    #expect(try socket.expectClose().code == 1012)
    _ = try manager.expect("STOPPING=1\n")
  }

  @Test("a server that cannot start tells why")
  func failure() throws {
    let folder = try TemporaryFolder()
    let manager = try Manager(folder)
    var options = ServerOptions()
    options.environment = ["NOTIFY_SOCKET": manager.path]
    let ended = try run(
      ServerProcess.executable(), ServerProcess.words(options, folder: "/proc/nowhere", port: 0),
      environment: ServerProcess.environment(options))
    #expect(ended.status == .exited(1))
    #expect(try manager.expect("STATUS=").contains("/proc/nowhere"))
  }

  @Test("on SIGTERM readiness fails first; for --drain-delay everybody is still served")
  func drainDelay() throws {
    var options = ServerOptions()
    options.arguments = ["--drain-delay", "4s"]
    let server = try TestServer(options)
    let event = try server.event(seats: 5)
    server.server.process.signal(SIGTERM)
    try eventually("readiness fails") { try server.server.client().get("/readyz").status == 503 }
    #expect(try server.server.client().get("/livez").status == 200)
    #expect(try server.person(1).tryToBook(event).status == 201)
    let (socket, _) = try server.watch(event)
    #expect(try socket.expect("server_draining").number("reconnectAfterMs") >= 0)
    #expect(try server.server.process.wait(within: .seconds(60)) == .exited(0))
  }

  @Test(
    "sockets that were opened before are served, with as many loops as there are",
    .enabled(if: isInstalled("python3")))
  func activation() throws {
    let folder = try TemporaryFolder()
    let words = ServerProcess.words(ServerOptions(), folder: folder.path, port: 1)
    let process = try ChildProcess(
      "python3", ["-c", Self.activator, try ServerProcess.executable()] + words + ["--loops", "2"],
      environment: ServerProcess.environment(ServerOptions()))
    let port = try ServerProcess.awaitPort(of: process)
    #expect(port > 1)
    for _ in 0..<20 { #expect(try HTTPClient(port: port).get("/livez").status == 200) }
    process.signal(SIGTERM)
    #expect(try process.wait() == .exited(0))
  }

  @Test(
    "a socket that cannot be served is a sentence, and one loop serves several",
    .enabled(if: isInstalled("python3")))
  func numbersOfSockets() throws {
    let folder = try TemporaryFolder()
    let words = ServerProcess.words(ServerOptions(), folder: folder.path, port: 1) + ["--loops", "1"]
    let command = try ["-c", Self.activator, ServerProcess.executable()] + words
    var environment = ServerProcess.environment(ServerOptions())
    environment["SOCKETS"] = "0"
    let ended = try run("python3", command, environment: environment)
    #expect(ended.status == .exited(1))
    #expect(ended.error.contains("descriptor 3 is not open"), "\(ended.error)")
    environment["SOCKETS"] = "2"
    let process = try ChildProcess("python3", command, environment: environment)
    let port = try ServerProcess.awaitPort(of: process)
    #expect(try HTTPClient(port: port).get("/livez").status == 200)
    process.signal(SIGTERM)
    #expect(try process.wait() == .exited(0))
  }

  /// Opens sockets as descriptors 3, 4, … and becomes the program. With `SOCKETS=0` it says one and opens none.
  private static let activator = """
    import os, socket, sys
    count = int(os.environ.get("SOCKETS", "1"))
    os.closerange(3, 64)
    kept = []
    for index in range(count):
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        assert listening.fileno() == 3 + index
        os.set_inheritable(listening.fileno(), True)
        kept.append(listening)
    os.environ.update(LISTEN_FDS=str(max(1, count)), LISTEN_PID=str(os.getpid()))
    os.execv(sys.argv[1], sys.argv[1:])
    """

  @Test("seatcast health tells by its exit status, plain and with TLS", arguments: [false, true])
  func health(secure: Bool) throws {
    var options = ServerOptions()
    let pair = SourceTree.root + "/Tests/Certificates/localhost-test-"
    let flags = secure ? ["--tls-cert", pair + "certificate.pem", "--tls-key", pair + "key.pem"] : []
    options.arguments = flags
    let server = try TestServer(options)
    let program = try ServerProcess.executable()
    let words = ["health", "--port", String(server.port)] + flags
    let ready = try run(program, words)
    #expect(ready.status == .exited(0))
    #expect(ready.output == "ready\n")
    let missing = try run(
      program, ["health", "\(secure ? "https" : "http")://127.0.0.1:\(server.port)/nowhere"])
    #expect(missing.status == .exited(1))
    #expect(missing.error.contains("/nowhere answers 404"))
    #expect(try server.server.terminate() == .exited(0))
    let gone = try run(program, words)
    #expect(gone.status == .exited(1))
    #expect(gone.error.hasPrefix("seatcast: 127.0.0.1 port \(server.port) cannot be reached"))
  }
}
