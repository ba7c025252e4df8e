// Two servers in one process, and ends of the conversation that break off at every step.
import ControlPlane
import FanoutCore
import TestSupport
import Testing

@testable import seatcast

@Suite("TakeOver and TakeOverHost", .timeLimit(.minutes(30)))
struct TakeOverTests {
  private let folder: TemporaryFolder
  private let lines = LinesKept()
  private let log: Log

  init() throws {
    folder = try TemporaryFolder()
    log = Log(format: .json, output: lines, now: { 0 })
  }

  private func configuration(
    port: Int = 0, loops: Int = 2, takeOver: String? = nil, data: String? = nil, adminListen: String? = nil
  ) throws -> ServeConfiguration {
    var flags: [Setting: String] = [
      .port: String(port), .data: data ?? folder.path, .loops: String(loops), .passwordCost: "insecure-test",
      .rateLimits: "off",
    ]
    flags[.takeOver] = takeOver
    flags[.adminListen] = adminListen
    return try ServeConfiguration(Settings(flags: flags, environment: [:], table: .serve))
  }

  /// A server that offers everything, with an event and a subscriber.
  private final class Running {
    let assembly: Assembly
    let port: Int
    let event: Int
    let host: TakeOverHost
    let heir = Guarded<Int32?>(nil)
    let token: String
    let watcher: WebSocketClient

    init(_ configuration: ServeConfiguration, _ log: Log) throws {
      assembly = try Assembly(configuration, secrets: TokenSecrets(), log: log)
      let demo = try assembly.backend.seedDemo()
      port = try assembly.start()
      let heir = heir
      host = assembly.offerTakeOver(port: port) { process in heir.withLock { $0 = process } }
      event = Int(try #require(demo.events.first?.id.rawValue))
      token = try #require(demo.accounts.last?.token)
      watcher = try WebSocketClient(port: port, path: "/ws/events/\(event)", token: token)
      _ = try watcher.expect("connection_established")
    }

    func book() throws {
      let answer = try HTTPClient(port: port, token: token).request(
        "POST", "/api/bookings", json: .object(["eventId": .integer(event), "quantity": .integer(1)]))
      guard answer.status == 201 else { throw TestFailure("not booked: \(answer.status) \(answer.text)") }
    }

    /// Books, and has the subscriber hear of it as number `seq`.
    func expectServing(_ seq: Int) throws {
      try book()
      #expect(try watcher.expect("booking_created")["seq"] == .integer(seq))
    }

    func stop() {
      host.close()
      assembly.stop()
      watcher.drop()
    }
  }

  private var socket: String { TakeOverHost.path(in: folder.path) }

  @Test("A second server goes on with everything of the first: sockets, tokens, numbers")
  func takesOver() throws {
    let first = try Running(configuration(), log)
    try first.expectServing(1)
    let client = HTTPClient(port: first.port, token: first.token)
    let connect = try client.request("POST", "/api/connection-tokens", json: .object([:]))
    let token = try #require(connect.json()["token"]?.string)
    let second = try Assembly(
      configuration(loops: 3, takeOver: socket), secrets: TokenSecrets(), log: log)
    let port = try second.start()
    #expect(port == first.port)
    try eventually("the first knows") { first.heir.withLock { $0 } != nil }
    first.host.close()
    first.assembly.stopHandedOver()
    let next = second.offerTakeOver(port: port) { _ in }
    try first.expectServing(2)
    #expect(try client.get("/api/events").status == 200)
    let late = try WebSocketClient(port: port, path: "/ws/events/\(first.event)?connect=\(token)")
    #expect(try late.expect("connection_established")["seq"] == .integer(2))
    #expect(second.takenOver?.facts.first?.value == "2")
    #expect(names(in: folder.path).contains(TakeOverHost.name))
    next.close()
    second.stop()
    late.drop()
    #expect(!names(in: folder.path).contains { $0.hasPrefix("take-over") })
  }

  @Test("Who cannot take over is told why, and the server serves on")
  func refusals() throws {
    let first = try Running(configuration(), log)
    let other = try TemporaryFolder()
    let wrong: [(ServeConfiguration, String)] = [
      (try configuration(takeOver: socket, data: other.path), "The running server has another data folder."),
      (
        try configuration(port: first.port + 1, takeOver: socket),
        "The running server has http://127.0.0.1:\(first.port), and the new one is to have "
          + "http://127.0.0.1:\(first.port + 1)."
      ),
      (
        try configuration(takeOver: socket, adminListen: "127.0.0.1:0"),
        "The running server has http://127.0.0.1:\(first.port), and the new one is to have "
          + "http://127.0.0.1:0 and http://127.0.0.1:0 for administration."
      ),
      (
        try configuration(takeOver: folder.path + "/nobody.sock"),
        "No server can be reached at \(folder.path)/nobody.sock to take over from: No such file or directory."
      ),
    ]
    for (configuration, sentence) in wrong {
      #expect(throws: StartError(sentence)) {
        try Assembly(configuration, secrets: TokenSecrets(), log: log)
      }
    }
    try first.expectServing(1)
    first.stop()
  }

  @Test(
    "A server whose other end goes away at any step serves on, whether connections go ahead or not",
    arguments: 0...6, [1, 2] as [UInt64])
  func heirDies(_ step: Int, _ version: UInt64) throws {
    let first = try Running(configuration(), log)
    do {
      var peer: FakeHeir? = try FakeHeir(socket, folder.path, version: version)
      try peer?.go(to: step)
      peer = nil
    }
    try first.expectServing(1)
    try first.expectServing(2)
    #expect(first.heir.withLock { $0 } == nil)
    #expect(try HTTPClient(port: first.port).get("/readyz").status == 200)
    // Commands reach it again, and so does the next process.
    try eventually("administration is back") { names(in: folder.path).contains(AdminSocket.name) }
    let second = try Assembly(configuration(takeOver: socket), secrets: TokenSecrets(), log: log)
    _ = try second.start()
    first.host.close()
    first.assembly.stopHandedOver()
    try first.expectServing(3)
    second.stop()
  }

  @Test("A version that the running server does not know is refused with a sentence")
  func version() throws {
    let first = try Running(configuration(), log)
    let channel = try HandoverChannel(path: socket)
    var hello = TakeOverMessage.Hello()
    (hello.versions, hello.program) = (8...9, "9.0.0")
    try channel.send(TakeOverMessage.hello(hello).bytes)
    guard case .refused(let sentence)? = TakeOverMessage(try channel.receive(within: 5_000).bytes) else {
      throw TestFailure("not refused")
    }
    #expect(
      sentence
        == "The running server (\(Version.number)) does not know how 9.0.0 takes over; restart it instead.")
    try? channel.send([1, 2, 3])
    try first.expectServing(1)
    first.stop()
  }

  @Test(
    "A process goes on when the server that hands over ends without a word, and gives up when that serves on")
  func hostDies() throws {
    let first = try Running(configuration(), log)
    let listener = try HandoverChannel.Listener(path: folder.path + "/fake.sock")
    // Ends while the real server holds the folder.
    let host = try BackgroundThread {
      let channel = try listener.accept(within: 5_000)
      _ = try channel.receive(within: 5_000)
    }
    #expect(throws: StartError("The running server has gone away.")) {
      try Assembly(configuration(takeOver: listener.path), secrets: TokenSecrets(), log: log)
    }
    try host.join()
    try first.expectServing(1)
    first.stop()
  }

  @Test("More connections than a table has room for are refused before anything is passed")
  func room() throws {
    var hello = TakeOverMessage.Hello()
    (hello.loops, hello.room, hello.sharesTable) = (2, 10, false)
    var welcome = TakeOverMessage.Welcome()
    (welcome.loops, welcome.connections) = (3, [5, 10, 5, 7])
    try hello.checkRoom(for: welcome)
    welcome.connections = [5, 10, 6, 7]
    #expect(throws: Refusal.self) { try hello.checkRoom(for: welcome) }
    hello.sharesTable = true
    welcome.connections = [5, 5, 0]
    try hello.checkRoom(for: welcome)
    welcome.connections = [5, 5, 1]
    #expect(throws: Refusal.self) { try hello.checkRoom(for: welcome) }
  }

  @Test(
    "A listener for administration alone must be the same, also where a service manager opened the others")
  func apart() {
    let running = TakeOverMessage.Setup(url: "http://127.0.0.1:3000", apart: "http://127.0.0.1:3001")
    var wanted = TakeOverMessage.Setup(url: "http://127.0.0.1:0", apart: "http://127.0.0.1:0")
    #expect(wanted.fits(running))
    wanted.url = "http://127.0.0.1:4000"
    #expect(!wanted.fits(running))
    #expect(wanted.fits(running, atAnyAddress: true))
    wanted.apart = ""
    #expect(!wanted.fits(running, atAnyAddress: true))
  }
}

/// The new end of a take-over that stops at any step, as a process that was killed.
private final class FakeHeir {
  private let channel: HandoverChannel
  private let folder: String
  private let listener: HandoverChannel.Listener
  private var channels: [HandoverChannel] = []
  /// The newest that it knows.
  private let version: UInt64

  init(_ socket: String, _ folder: String, version: UInt64) throws {
    channel = try HandoverChannel(path: socket)
    (self.folder, self.version) = (folder, version)
    listener = try HandoverChannel.Listener(path: folder + "/take-over.heir.0")
  }

  /// 0: connected, 1: greeted, 2: has the listeners, 3: has begun, 4: a loop has connected, 5: one has sent its
  /// connections, 6: all have, and it does not say that it is ready.
  func go(to last: Int) throws {
    if last >= 1 { try greet() }
    if last >= 2 { HandoverChannel.discard(try channel.receive(within: 5_000).descriptors) }
    if last >= 3 { try channel.send(TakeOverMessage.begin.bytes) }
    if last >= 4 { channels.append(try listener.accept(within: 10_000)) }
    if last >= 5 { try take(channels[0]) }
    if last >= 6 { try take(try listener.accept(within: 10_000)) }
  }

  private func greet() throws {
    var hello = TakeOverMessage.Hello()
    hello.versions = 1...version
    hello.folder = FolderIdentity(path: folder) ?? hello.folder
    (hello.loops, hello.base, hello.setup.url) = (1, folder + "/take-over.heir", "http://127.0.0.1:0")
    try channel.send(TakeOverMessage.hello(hello).bytes)
    guard case .welcome(let welcome)? = TakeOverMessage(try channel.receive(within: 5_000).bytes),
      welcome.loops == 2, welcome.version == version
    else { throw TestFailure("not welcome") }
  }

  /// As a loop does, down to the last message.
  private func take(_ channel: HandoverChannel) throws {
    while true {
      let (bytes, descriptors) = try channel.receive(within: 10_000)
      HandoverChannel.discard(descriptors)
      var reader = FieldReader(bytes)
      guard let tag = reader.next()?.tag else { throw TestFailure("no message") }
      #expect(version > 1 || tag < 6, "an older process knows nothing of what goes ahead")
      var writer = FieldWriter()
      // The end is answered with the word that it is complete, everything else with one more taken.
      if tag == 3 { writer.add(4, []) } else { writer.add(2, 1) }
      try channel.send(writer.bytes)
      if tag == 3 { return }
    }
  }
}
