// What a loop answers to bytes on one connection, and whether it ends the connection: for the tests that go through an RFC
// rule by rule (docs/CONFORMANCE.md).

@testable import FanoutCore
@testable import FanoutTestSupport

/// A client that says exactly what it is told to.
final class Conversation {
  let rig: LoopRig
  let socket: ScriptedSocket
  private var answers = HTTPAnswers()

  init(_ limits: Limits = Limits()) {
    rig = LoopRig(limits)
    socket = rig.connect()
  }

  /// Sends the text, and returns the answers that are whole now.
  @discardableResult
  func say(_ text: String) -> [HTTPAnswers.Answer] {
    socket.write(text)
    rig.settle(4)
    return answers.take(socket.read())
  }

  /// The statuses of the answers to this text.
  func statuses(_ text: String) -> [Int] { say(text).map(\.status) }

  /// Whether the server has ended its direction, and everything that it said was read.
  var isOver: Bool { socket.isEnded || !socket.isOpen }

  /// The targets of the requests that were understood.
  var understood: [String] { rig.inbound.asked.map(\.target) }
  /// Their bodies.
  var bodies: [String] { rig.inbound.asked.map { String(decoding: $0.body, as: UTF8.self) } }
}

/// A request with these field lines besides `Host`.
func ask(_ target: String = "/small", _ fields: String..., method: String = "GET", version: String = "1.1")
  -> String
{
  "\(method) \(target) HTTP/\(version)\r\nHost: here\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
}

/// What the first answer to this text is, when the server ends the connection behind it; 0: it does not.
func finalRefusal(of text: String, _ limits: Limits = Limits()) -> Int {
  let conversation = Conversation(limits)
  // Whatever follows must not be understood any more.
  let answers = conversation.say(text + ask("/behind"))
  guard answers.count == 1, conversation.isOver, !conversation.understood.contains("/behind") else {
    return 0
  }
  return answers[0].status
}
