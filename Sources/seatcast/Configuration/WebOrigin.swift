// A web origin (RFC 6454): scheme, host and port, as browsers send it in `Origin`, normalized for comparison.

struct WebOrigin: Hashable, Sendable {
  let scheme: String
  /// The host in lower case, with the port unless it is the scheme's default.
  let authority: String

  /// Nil unless `text` is `http://host[:port]` or `https://host[:port]`; also nil for the origin `null`.
  init?(_ text: String) {
    let lower = text.lowercased()
    guard let scheme = ["http", "https"].first(where: { lower.hasPrefix($0 + "://") }) else { return nil }
    self.scheme = scheme
    guard let authority = Self.normalized(String(lower.dropFirst(scheme.count + 3)), scheme: scheme) else {
      return nil
    }
    self.authority = authority
  }

  /// Whether this origin has the host and port of a `Host` field. The scheme is not compared, because a TLS
  /// terminator may stand in front of the server.
  func isServed(by host: String) -> Bool {
    Self.normalized(host.lowercased(), scheme: scheme) == authority
  }

  /// `host[:port]` without the scheme's default port; nil when the text is not of this form.
  private static func normalized(_ authority: String, scheme: String) -> String? {
    let (host, port) = split(authority)
    guard !host.isEmpty, host.utf8.allSatisfy(isHostByte) else { return nil }
    guard let port else { return host }
    guard let number = UInt16(port), port.utf8.first != UInt8(ascii: "+") else { return nil }
    return number == (scheme == "https" ? 443 : 80) ? host : "\(host):\(number)"
  }

  /// Splits at the last colon that does not belong to an IPv6 literal in brackets.
  private static func split(_ authority: String) -> (host: String, port: String?) {
    guard let colon = authority.lastIndex(of: ":") else { return (authority, nil) }
    if let bracket = authority.lastIndex(of: "]"), bracket > colon { return (authority, nil) }
    return (String(authority[..<colon]), String(authority[authority.index(after: colon)...]))
  }

  private static func isHostByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
    case UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: ":"): true
    default: false
    }
  }
}
