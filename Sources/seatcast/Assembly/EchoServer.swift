// `seatcast conformance-echo`: the data plane alone, with a session handler that accepts every client and echoes every
// message, so that protocol test suites run against the code that serves. A testing aid; `serve` does not use it.
import FanoutCore

enum EchoServer {
  /// Serves until a signal stops it.
  static func run(_ configuration: EchoConfiguration) throws(StartError) {
    ProcessSignals.block(ProcessSignals.stopping)
    let log = Log(format: StandardError.isTerminal ? .text : .json)
    let plane = try open(configuration)
    let port = try start(plane, observer: log)
    StandardOutput.announce(
      "seatcast conformance-echo listening on \(configuration.address.url(port: port))\n")
    _ = ProcessSignals.wait(ProcessSignals.stopping)
    plane.stopAccepting()
    plane.closeAll()
    log.close()
  }

  static func open(_ configuration: EchoConfiguration) throws(StartError) -> DataPlane {
    var plane = DataPlane.Configuration()
    plane.host = configuration.address.host
    plane.port = configuration.address.port
    plane.loops = configuration.address.loopsHere
    // The suites' largest messages, and room for the echoes that wait to be read.
    plane.limits.messageBytes = 16 * 1024 * 1024
    plane.limits.acceptsBinary = true
    plane.limits.compressesAnswers = true
    plane.limits.outboxBytes = 64 * 1024 * 1024
    do {
      return try DataPlane(plane)
    } catch {
      throw StartError(telling: error)
    }
  }

  /// - Returns: the port that is listened on.
  static func start(_ plane: DataPlane, observer: any LoopObserver) throws(StartError) -> Int {
    do {
      return try plane.start(
        inbound: EchoInbound(), sessions: EchoSessionHandler(), topics: NoTopics(), observer: observer)
    } catch {
      throw StartError(telling: error)
    }
  }
}

/// Accepts every client and echoes every message.
struct EchoSessionHandler: SessionHandler {
  func judge(_ request: HTTPRequestHead, from peer: PeerAddress) -> UpgradeVerdict {
    .accept(Admission(client: ClientTag(id: 0)))
  }

  func interpret(_ message: ClientMessage, from client: ClientTag) -> ClientIntent { .reply(message) }

  /// The echo sends no messages of its own.
  func text(for message: ServerMessage) -> [UInt8]? { nil }
  func reason(for code: CloseCode) -> String { "" }
  func reason(for limit: AdmissionLimit) -> String { "" }
}

/// Answers plain HTTP requests with 426.
struct EchoInbound: InboundSink {
  func receive(_ request: HTTPRequest, from peer: PeerAddress, ticket: Ticket) -> InboundDisposition {
    .answer(Pages.upgradeRequired)
  }

  func answer(to refusal: RateRefusal) -> HTTPResponse { Answers.rateLimited(refusal) }

  func isPrivileged(_ request: HTTPRequestHead) -> Bool { false }
  func take(_ requests: [InboundRequest]) -> Int { 0 }
  var overloaded: HTTPResponse { Answers.overloaded }
}

/// A source without topics.
struct NoTopics: TopicSource {
  func open(_ topic: TopicID, for loop: LoopID) -> Bool { false }
  func close(_ topic: TopicID, for loop: LoopID) -> Bool { true }
  func history(of topic: TopicID, after: UInt64, through: UInt64, ticket: Ticket) -> Bool { false }
}
