// A NATS server of a test's own on free ports of loopback, with or without credentials and TLS.
import Glibc

/// One server; restarts keep its ports. Any thread.
public final class NATSServer: Sendable {
  public static let program = Programs.path(ofService: "nats-server")

  public enum Access: Sendable {
    case open
    /// User and password, in the URL.
    case password
    /// The certificate of the tests (Tests/Certificates), and a password.
    case tls
  }

  /// What clients with TLS must trust.
  public static let certificate = SourceTree.root + "/Tests/Certificates/localhost-test-certificate.pem"

  public let port: Int
  /// Of its monitoring, over plain HTTP.
  public let monitor: Int
  private let address: String
  private let access: Access
  private let folder: TemporaryFolder
  private let service: ServiceProcess

  /// What `--bus` takes.
  public var url: String { url(at: address, port: port) }

  /// The same by way of something that passes connections on.
  public func url(at address: String = "127.0.0.1", port: Int) -> String {
    let (scheme, person) =
      switch access {
      case .open: ("nats", "")
      case .password: ("nats", "seatcast:secret@")
      case .tls: ("tls", "seatcast:secret@")
      }
    return "\(scheme)://\(person)\(address):\(port)"
  }

  public init(_ access: Access = .open, address: String = "127.0.0.1", wrapper: [String] = []) throws {
    guard let program = Self.program else { throw TestFailure("nats-server is not installed") }
    (port, monitor) = (try freePort(), try freePort())
    (self.address, self.access) = (address, access)
    folder = try TemporaryFolder()
    var lines = ["listen: \"\(address):\(port)\"", "http: \"\(address):\(monitor)\""]
    if case .open = access {} else { lines.append("authorization { user: seatcast, password: secret }") }
    if case .tls = access {
      let key = SourceTree.root + "/Tests/Certificates/localhost-test-key.pem"
      lines.append("tls { cert_file: \"\(Self.certificate)\", key_file: \"\(key)\" }")
    }
    let file = folder.path + "/nats.conf"
    try put(lines.joined(separator: "\n") + "\n", at: file)
    service = ServiceProcess("nats-server", wrapper + [program, "-c", file])
    try start()
  }

  /// Starts again on the same ports.
  public func start() throws { try service.start { $0.standardError.contains("Server is ready") } }
  public func stop() throws { try service.stop() }
  public func kill9() throws { try service.kill9() }
  public func freeze() { service.freeze() }
  public func thaw() { service.thaw() }

  /// A page of its monitoring, like `/varz`. Only on 127.0.0.1.
  public func page(_ path: String) throws -> JSON {
    let answer = try HTTPClient(port: monitor).get(path)
    guard answer.status == 200 else { throw TestFailure("\(path) of nats-server: \(answer.status)") }
    return try JSON(parsing: answer.body)
  }
}
