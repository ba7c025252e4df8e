// Where a server is: scheme, host and port of a URL like `https://tickets.example`. Pure; a value.

/// The address of a server.
public struct ServerAddress: Sendable, Hashable, CustomStringConvertible {
  /// Whether connections are protected by TLS.
  public let isSecure: Bool
  /// A name or a numeric address, an IPv6 address without its brackets.
  public let host: String
  public let port: UInt16

  /// - Parameter url: `http`, `https`, `ws` or `wss`, a host, and perhaps a port; nothing else may stand in it but a
  ///   slash at the end.
  public init(_ url: String) throws(ClientError) {
    func refuse(_ why: String) -> ClientError {
      .invalidAddress("'\(url)' is not the URL of a server: \(why)")
    }
    guard let mark = url.firstRange(of: "://") else {
      throw refuse("it must begin with http:// or https://.")
    }
    switch url[..<mark.lowerBound].lowercased() {
    case "http", "ws": isSecure = false
    case "https", "wss": isSecure = true
    default: throw refuse("its scheme must be http or https.")
    }
    var rest = url[mark.upperBound...]
    if rest.last == "/" { rest.removeLast() }
    guard !rest.contains(where: { "/?#@".contains($0) }) else {
      throw refuse("behind the host and its port nothing may follow.")
    }
    let (host, port) = Self.split(rest)
    guard let host, !host.isEmpty, host.utf8.allSatisfy(Self.isHostByte) else {
      throw refuse("it has no host.")
    }
    self.host = host
    switch port {
    case nil: self.port = isSecure ? 443 : 80
    case let text?:
      guard text.utf8.allSatisfy(HTTPByte.isDigit), let number = UInt16(text), number > 0 else {
        throw refuse("its port must be a number from 1 to 65535.")
      }
      self.port = number
    }
  }

  private static func split(_ text: Substring) -> (host: String?, port: Substring?) {
    if text.first == "[" {
      guard let end = text.firstIndex(of: "]") else { return (nil, nil) }
      let behind = text[text.index(after: end)...]
      guard behind.isEmpty || behind.first == ":" else { return (nil, nil) }
      return (
        String(text[text.index(after: text.startIndex)..<end]), behind.isEmpty ? nil : behind.dropFirst()
      )
    }
    guard let colon = text.firstIndex(of: ":") else { return (String(text), nil) }
    return (String(text[..<colon]), text[text.index(after: colon)...])
  }

  private static func isHostByte(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ":") || ASCIISet.name.contains(byte) || byte == UInt8(ascii: "%")
  }

  /// `host` or `host:port` as the `Host` field has it.
  var authority: String {
    let name = host.contains(":") ? "[\(host)]" : host
    return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
  }

  /// The URL, with the scheme of HTTP.
  public var description: String { (isSecure ? "https://" : "http://") + authority }

  /// Whether it is this machine by its address, or by the name that always means it.
  public var isLoopback: Bool {
    host == "localhost" || host == "::1"
      || host.hasPrefix("127.") && host.split(separator: ".").count == 4
        && host.utf8.allSatisfy { HTTPByte.isDigit($0) || $0 == UInt8(ascii: ".") }
  }
}
