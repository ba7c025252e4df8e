// What can go wrong between a program and a server, each case with a sentence for people. A value.

/// Why a call or a live feed failed.
public enum ClientError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The URL names no server.
  case invalidAddress(String)
  /// The server could not be reached, the connection broke, or nothing came in time. Trying again may help.
  case connection(String)
  /// The server's certificate or name was not accepted, or TLS failed.
  case tls(String)
  /// What came is not what a seatcast server says.
  case protocolViolation(String)
  /// The server refused what was asked.
  case refused(Problem)
  /// The server accepts no token that the provider gave.
  case unauthorized(String)
  /// The event does not exist, or was deleted.
  case eventNotFound(Int)

  public var description: String {
    switch self {
    case .invalidAddress(let sentence), .connection(let sentence), .tls(let sentence),
      .protocolViolation(let sentence), .unauthorized(let sentence):
      sentence
    case .refused(let problem): problem.description
    case .eventNotFound(let event): "There is no event \(event)."
    }
  }
}

/// A refusal as the server words it (RFC 9457).
public struct Problem: Error, Sendable, Equatable, CustomStringConvertible {
  /// The last part of the problem's type: `sold-out`; empty when the server gave none.
  public let kind: String
  /// Of HTTP.
  public let status: Int
  public let title: String
  /// For people: one sentence, perhaps empty.
  public let detail: String
  /// Seconds after which it may be tried again, when the server says so.
  public let retryAfter: Int?
  /// Of `rate-limited`: which limit it is.
  public let limit: String?
  /// Of `sold-out`: how many seats are left.
  public let available: Int?

  public var description: String { detail.isEmpty ? "\(title) (\(status))." : detail }

  /// Reads a problem document; without one the status alone tells.
  package init(_ response: HTTPResponseMessage) {
    let document = try? StrictJSON.scan(response.body)
    func text(_ name: String) -> String? { document?.isObject == true ? document?.text(of: name) : nil }
    func number(_ name: String) -> Int? { document?.isObject == true ? document?.number(of: name) : nil }
    status = response.status
    kind = text("type").flatMap { $0.split(separator: ":").last.map(String.init) } ?? ""
    title = text("title") ?? HTTPStatus.phrase(of: response.status)
    detail = text("detail") ?? ""
    retryAfter = response.field("retry-after").flatMap { Int($0) }
    limit = text("limit")
    available = number("available")
  }
}

extension JSONDocument {
  /// The text of a member of the outermost object, or of another one.
  func text(of name: String, in object: Int = 0) -> String? { member(name, of: object).flatMap(text) }
  /// The same for a whole number.
  func number(of name: String, in object: Int = 0) -> Int? {
    member(name, of: object).flatMap(whole).flatMap { Int(exactly: $0) }
  }
}
