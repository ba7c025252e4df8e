// Listening address, loops and TLS files: the settings that `serve` and `conformance-echo` share.
import FanoutCore
import Glibc

struct ListenAddress: Equatable, Sendable {
  /// A numeric address or `localhost`; other names are refused.
  var host: String
  /// 0: any free one.
  var port: Int
  /// Nil: one per core that this process may use.
  var loops: Int?
  /// Nil: plain HTTP.
  var tls: DataPlane.TLSSettings?
  /// Sockets that listen already and take the place of host and port.
  private(set) var inherited: [Int32] = []

  init(_ settings: Settings) throws(UsageError) {
    host = try settings.text(.host) ?? "127.0.0.1"
    guard host == "localhost" || Self.isNumeric(host) else {
      throw UsageError(
        "\(settings.source(.host)) must be a numeric address or 'localhost', not '\(printable(host))'.",
        about: .host)
    }
    port = try settings.number(.port, in: 0...65_535) ?? 3_000
    loops = try settings.number(.loops, in: 1...1_024)
    tls = try Self.tls(settings)
  }

  private static func tls(_ settings: Settings) throws(UsageError) -> DataPlane.TLSSettings? {
    let records = try settings.choice(.tlsRecords, as: Records.self)
    switch (try settings.text(.tlsCertificate), try settings.text(.tlsKey)) {
    case (let certificate?, let key?):
      return DataPlane.TLSSettings(
        certificate: certificate, key: key, records: records == .compact ? .compact : .openSSL)
    case (nil, nil):
      guard records == nil else {
        throw UsageError("TLS records need a certificate: --tls-cert and --tls-key.")
      }
      return nil
    case (_?, nil): throw UsageError("A TLS certificate needs its key: --tls-key or SEATCAST_TLS_KEY.")
    case (nil, _?): throw UsageError("A TLS key needs its certificate: --tls-cert or SEATCAST_TLS_CERT.")
    }
  }

  /// Serves the sockets that a service manager has opened.
  mutating func take(_ sockets: ActivationSockets) {
    (host, port, inherited) = (sockets.host, sockets.port, sockets.descriptors)
  }

  private enum Records: String, CaseIterable { case openssl, compact }

  /// The number of loops to run.
  var loopsHere: Int { loops ?? UsableCores.count }

  /// `http://127.0.0.1:3000`, or `https:` with a certificate; an IPv6 address stands in brackets (RFC 3986, section 3.2.2).
  func url(port: Int) -> String {
    "\(tls == nil ? "http" : "https")://\(host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host):\(port)"
  }

  /// The same with a loopback address in place of a wildcard address, for a browser on this machine.
  func localURL(port: Int) -> String {
    var local = self
    local.host = localHost
    return local.url(port: port)
  }

  /// Where this machine reaches the server.
  var localHost: String { Self.local(host) }

  /// The same for any address that is listened on.
  static func local(_ host: String) -> String {
    switch host {
    case "0.0.0.0": "127.0.0.1"
    case "::": "::1"
    default: host
    }
  }

  static func isNumeric(_ host: String) -> Bool {
    var v4 = in_addr()
    var v6 = in6_addr()
    return unsafe inet_pton(AF_INET, host, &v4) == 1 || inet_pton(AF_INET6, host, &v6) == 1
  }
}

/// Where administration is served apart from everything else (`--admin-listen`).
struct AdminAddress: Equatable, Sendable {
  var host: String
  /// 0: any free one.
  var port: Int

  /// Nil: it is not set.
  init?(_ settings: Settings) throws(UsageError) {
    guard let text = try settings.text(.adminListen) else { return nil }
    guard let address = Self(text) else {
      throw UsageError(
        "\(settings.source(.adminListen)) must be an address and a port like '127.0.0.1:9464', "
          + "not '\(printable(text))'.", about: .adminListen)
    }
    self = address
  }

  /// `127.0.0.1:9464`, `localhost:9464` or `[::1]:9464`.
  init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    guard let port = text[text.index(after: colon)...].decimal, port <= 65_535 else { return nil }
    var host = text[..<colon]
    if host.first == "[", host.last == "]" {
      host = host.dropFirst().dropLast()
      guard host.contains(":") else { return nil }
    } else if host.contains(":") {
      return nil
    }
    guard host == "localhost" || ListenAddress.isNumeric(String(host)) else { return nil }
    (self.host, self.port) = (String(host), port)
  }

  func url(port: Int) -> String { "http://\(host.contains(":") ? "[\(host)]" : host):\(port)" }
}

/// The settings of `seatcast conformance-echo`.
struct EchoConfiguration: Equatable, Sendable {
  var address: ListenAddress

  init(_ settings: Settings) throws(UsageError) {
    address = try ListenAddress(settings)
    // One loop is enough for a protocol suite, and its log is in order.
    if address.loops == nil { address.loops = 1 }
  }
}
