// `seatcast conformance-echo`: the data plane alone, with a session handler that lets everybody in and sends everything
// back, so that protocol test suites exercise the very code that serves. A testing aid, never part of the server.
import FanoutCore

enum EchoServer {
  /// Returns when a signal has stopped it.
  static func run(_ configuration: EchoConfiguration) throws(StartError) {
    StopSignals.block()
    let log = Log(format: StandardError.isTerminal ? .text : .json)
    let plane = try open(configuration)
    let port = try start(plane, observer: log)
    StandardOutput.announce(
      "seatcast conformance-echo listening on \(configuration.address.url(port: port))\n")
    _ = StopSignals.wait()
    plane.stopAccepting()
    plane.closeAll()
    log.close()
  }

  static func open(_ configuration: EchoConfiguration) throws(StartError) -> DataPlane {
    var plane = DataPlane.Configuration()
    plane.host = configuration.address.host
    plane.port = configuration.address.port
    plane.loops = configuration.address.loopsHere
    // As large as the suites' largest messages, with room for answers that wait behind them.
    plane.limits.messageBytes = 16 * 1024 * 1024
    plane.limits.acceptsBinary = true
    plane.limits.outboxBytes = 64 * 1024 * 1024
    do {
      return try DataPlane(plane)
    } catch {
      throw StartError(telling: error)
    }
  }

  /// - Returns: the real port.
  static func start(_ plane: DataPlane, observer: any LoopObserver) throws(StartError) -> Int {
    do {
      return try plane.start(
        inbound: EchoInbound(), sessions: EchoSessionHandler(), topics: NoTopics(), observer: observer)
    } catch {
      throw StartError(telling: error)
    }
  }
}

/// Lets everybody in and sends every message back.
struct EchoSessionHandler: SessionHandler {
  func judge(_ request: HTTPRequestHead, from peer: PeerAddress) -> UpgradeVerdict {
    .accept(Admission(client: ClientTag(id: 0, marks: 0)))
  }

  func interpret(_ message: ClientMessage, from client: ClientTag) -> ClientIntent { .reply(message) }

  /// An echo says nothing of its own.
  func text(for message: ServerMessage) -> [UInt8]? { nil }
  func reason(for code: CloseCode) -> String { "" }
}

/// Plain HTTP has nothing to find here.
struct EchoInbound: InboundSink {
  func receive(_ request: HTTPRequest, from peer: PeerAddress, ticket: Ticket) -> InboundDisposition {
    .answer(Pages.upgradeRequired)
  }
}

/// No topic exists.
struct NoTopics: TopicSource {
  func open(_ topic: TopicID, for loop: LoopID) -> Bool { false }
  func close(_ topic: TopicID, for loop: LoopID) -> Bool { true }
  func history(of topic: TopicID, after: UInt64, through: UInt64, ticket: Ticket) -> Bool { false }
}
