// `seatcast health`: asks a server's `/readyz`, by default the local server that the same settings would start, and tells by
// the exit status. For container health checks and scripts, where there is no curl. Main thread.
import ControlPlane
import FanoutCore

enum HealthCheck {
  /// For connecting, TLS and the answer together.
  static let timeoutMilliseconds = 5_000

  /// - Returns: the exit status: 0 when the server is ready, 1 when it is not or does not answer.
  static func run(_ settings: Settings) throws -> Int32 {
    let target = try target(settings)
    do {
      let answer = try target.get()
      // Of a server that is not ready the first line says why.
      let line = LogEntry.plain(String(answer.body.prefix { $0 != "\n" && $0 != "\r\n" }))
      guard answer.status != 200 else {
        StandardOutput.write("ready\n")
        return 0
      }
      throw StartError(
        "\(url(of: target)) answers \(answer.status)" + (line.isEmpty ? "." : ": \(printable(line))."))
    } catch {
      throw StartError(telling: error)
    }
  }

  /// The URL that is given, or the local server's.
  static func target(_ settings: Settings) throws(UsageError) -> HTTPProbe {
    if let text = settings.operands.first {
      guard let target = parse(text) else {
        throw UsageError(
          "'seatcast health' takes a URL like 'http://127.0.0.1:3000', not '\(printable(text))'.")
      }
      return target
    }
    if let apart = try AdminAddress(settings) { return try target(apart) }
    let address = try ListenAddress(settings)
    guard address.port != 0 else {
      throw UsageError("'seatcast health' cannot know which port the server has found; give it a URL.")
    }
    // The certificate is for the name that clients use, and no other machine can be meant.
    return HTTPProbe(
      host: address.localHost, port: address.port, isSecure: address.tls != nil, isVerified: false,
      path: "/readyz", timeoutMilliseconds: timeoutMilliseconds)
  }

  /// Where administration has a listener of its own, health is there.
  private static func target(_ address: AdminAddress) throws(UsageError) -> HTTPProbe {
    guard address.port != 0 else {
      throw UsageError("'seatcast health' cannot know which port --admin-listen has found; give it a URL.")
    }
    return HTTPProbe(
      host: ListenAddress.local(address.host), port: address.port, isSecure: false, isVerified: false,
      path: "/readyz", timeoutMilliseconds: timeoutMilliseconds)
  }

  /// `http://host[:port][/path]` or `https://…`; without a path `/readyz` is asked for. A certificate is verified unless the
  /// host is this machine.
  static func parse(_ text: String) -> HTTPProbe? {
    let isSecure = text.hasPrefix("https://")
    guard isSecure || text.hasPrefix("http://") else { return nil }
    let rest = text.dropFirst(isSecure ? "https://".count : "http://".count)
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    let path = rest.dropFirst(authority.count)
    guard path.isEmpty || path.first == "/", path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x23 }),
      let (host, port) = split(authority, defaultPort: isSecure ? 443 : 80)
    else { return nil }
    let isLocal = ["localhost", "127.0.0.1", "::1"].contains(host)
    return HTTPProbe(
      host: host, port: port, isSecure: isSecure, isVerified: isSecure && !isLocal,
      path: path.isEmpty || path == "/" ? "/readyz" : String(path), timeoutMilliseconds: timeoutMilliseconds)
  }

  /// The host without brackets, and the port.
  private static func split(_ authority: Substring, defaultPort: Int) -> (host: String, port: Int)? {
    var (host, port) = (authority, Substring(""))
    if authority.first == "[", let end = authority.firstIndex(of: "]") {
      (host, port) = (authority[..<end].dropFirst(), authority[end...].dropFirst())
    } else if let colon = authority.firstIndex(of: ":") {
      (host, port) = (authority[..<colon], authority[colon...])
    }
    let isNamed = !host.isEmpty && host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x40 && $0 != 0x5B }
    guard isNamed, port.isEmpty || port.first == ":" else { return nil }
    let digits = port.dropFirst()
    if digits.isEmpty { return port.isEmpty ? (String(host), defaultPort) : nil }
    guard let number = digits.decimal, (1...65_535).contains(number) else { return nil }
    return (String(host), number)
  }

  private static func url(of target: HTTPProbe) -> String {
    let host = target.host.utf8.contains(0x3A) ? "[\(target.host)]" : target.host
    return "\(target.isSecure ? "https" : "http")://\(host):\(target.port)\(target.path)"
  }
}
