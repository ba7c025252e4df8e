// A client for one request: what `seatcast health` asks a server with. It blocks, and belongs to no loop. A command's main
// thread.
internal import CUVShim

/// One `GET`, plain or through TLS.
public struct HTTPProbe: Sendable, Equatable {
  /// A name or a numeric address, without brackets.
  public var host: String
  public var port: Int
  public var isSecure: Bool
  /// The certificate must be the host's and vouched for by the roots of this system.
  public var isVerified: Bool
  /// From the root, with the query.
  public var path: String
  /// For connecting, TLS and the answer together.
  public var timeoutMilliseconds: Int

  public init(
    host: String, port: Int, isSecure: Bool, isVerified: Bool, path: String, timeoutMilliseconds: Int
  ) {
    (self.host, self.port) = (host, port)
    (self.isSecure, self.isVerified) = (isSecure, isVerified)
    (self.path, self.timeoutMilliseconds) = (path, timeoutMilliseconds)
  }

  public struct Answer: Sendable, Equatable {
    public var status: Int
    public var body: String
  }

  /// More of an answer is not read.
  private static let maximumBytes = 16_384

  /// - Throws: a sentence when nobody answers, or not with HTTP.
  public func get() throws(DataPlaneFailure) -> Answer {
    var why = [CChar](repeating: 0, count: 256)
    var answer = [CChar](repeating: 0, count: Self.maximumBytes)
    let count = unsafe host.withCString { name in
      var options = unsafe cuv_probe_options(
        host: name, port: Int32(clamping: port), is_secure: isSecure ? 1 : 0, is_verified: isVerified ? 1 : 0,
        timeout_ms: Int32(clamping: timeoutMilliseconds))
      return unsafe cuv_probe(&options, request, &answer, answer.count, &why)
    }
    guard count >= 0 else { throw DataPlaneFailure(told: why) }
    guard let parsed = Self.parse(answer[..<count].map { UInt8(bitPattern: $0) }) else {
      throw DataPlaneFailure(description: "\(host) port \(port) does not answer with HTTP.")
    }
    return parsed
  }

  private var request: String {
    let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
    return "GET \(path) HTTP/1.1\r\nHost: \(name):\(port)\r\nConnection: close\r\n\r\n"
  }

  /// The status and what follows the fields; nil when the first line is no status line (RFC 9112, section 4). The body is
  /// shown to people, so a transfer coding is not undone.
  static func parse(_ bytes: [UInt8]) -> Answer? {
    let text = String(decoding: bytes, as: UTF8.self)
    let lines = text.split(separator: "\r\n", maxSplits: 1, omittingEmptySubsequences: false)
    let words = lines[0].split(separator: " ", maxSplits: 2)
    guard words.count >= 2, words[0].hasPrefix("HTTP/1."), words[1].utf8.count == 3,
      let status = Int(words[1])
    else { return nil }
    let body = text.firstRange(of: "\r\n\r\n").map { String(text[$0.upperBound...]) } ?? ""
    return Answer(status: status, body: body)
  }
}
