// `seatcast conformance-echo`: the data hall alone, with a gatekeeper that lets everybody in and sends everything
// back, so that protocol test suites exercise the very code that serves. A testing aid, never part of the server.
import FanoutCore

enum EchoServer {
  /// Returns when a signal has stopped it.
  static func run(_ configuration: EchoConfiguration) throws(StartError) {
    StopSignals.block()
    let log = Log(format: StandardError.isTerminal ? .text : .json)
    let hall = try open(configuration)
    let port = try start(hall, observer: log)
    StandardOutput.write("seatcast conformance-echo listening on \(configuration.address.url(port: port))\n")
    _ = StopSignals.wait()
    hall.stopAccepting()
    hall.closeAll()
    log.close()
  }

  static func open(_ configuration: EchoConfiguration) throws(StartError) -> DataHall {
    var hall = DataHall.Configuration()
    hall.host = configuration.address.host
    hall.port = configuration.address.port
    hall.loops = configuration.address.loopsHere
    // As large as the suites' largest messages, with room for answers that wait behind them.
    hall.limits.messageBytes = 16 * 1024 * 1024
    hall.limits.acceptsBinary = true
    hall.limits.outboxBytes = 64 * 1024 * 1024
    do {
      return try DataHall(hall)
    } catch {
      throw StartError(telling: error)
    }
  }

  /// - Returns: the real port.
  static func start(_ hall: DataHall, observer: any LoopObserver) throws(StartError) -> Int {
    do {
      return try hall.start(
        inbound: EchoInbound(), gatekeeper: EchoGatekeeper(), topics: NoTopics(), observer: observer)
    } catch {
      throw StartError(telling: error)
    }
  }
}

/// Lets everybody in and sends every message back.
struct EchoGatekeeper: Gatekeeper {
  func judge(_ request: HTTPRequestHead, from peer: PeerAddress) -> UpgradeVerdict {
    .accept(Admission(visitor: Visitor(id: 0, marks: 0)))
  }

  func interpret(_ message: ClientMessage, from visitor: Visitor) -> ClientIntent { .reply(message) }

  /// An echo says nothing of its own.
  func text(for occasion: SessionOccasion) -> [UInt8]? { nil }
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
