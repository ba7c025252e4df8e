// Why a request is refused by grammar or by a limit, before anybody has looked at what it asks for.

/// The status and the reason with which a request is refused. The connection is closed after the answer.
struct HTTPFailure: Error, Sendable, Equatable {
  let status: Int
  /// For people: one sentence in ASCII without quotes, without anything that the client sent.
  let sentence: String

  static func badRequest(_ sentence: String) -> HTTPFailure { HTTPFailure(status: 400, sentence: sentence) }
}
