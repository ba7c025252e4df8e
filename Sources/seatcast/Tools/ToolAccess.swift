// How commands reach a server as its clients: --url, --token-file, --ca-file, for `listen`, `top` and `rehearse`. A value.
import SeatcastClient

struct ToolAccess: Sendable {
  static let localURL = "http://127.0.0.1:3000"
  /// A token has 4 KiB at most (docs/API.md).
  private static let tokenBytes = 8 * 1_024

  let server: ServerAddress
  let options: SeatcastClient.Options
  /// Nil: none is given.
  let tokenFile: String?

  init(_ settings: Settings) throws(UsageError) {
    let url = try settings.text(.url) ?? Self.localURL
    do throws(ClientError) {
      server = try ServerAddress(url)
    } catch {
      throw UsageError(error.description)
    }
    var options = SeatcastClient.Options()
    options.authorities = try settings.text(.authorities)
    self.options = options
    tokenFile = try settings.text(.tokenFile)
  }

  /// The file is read whenever a token is needed, so it may be replaced while the command runs.
  var provider: TokenProvider {
    guard let tokenFile else { return .none }
    return TokenProvider { _ in try Self.token(in: tokenFile) }
  }

  func client() throws(ClientError) -> SeatcastClient {
    try SeatcastClient(server, token: provider, options: options, network: Network())
  }

  static func token(in file: String) throws(AdminError) -> String {
    let bytes: [UInt8]
    do throws(BoundedFile.Failure) {
      bytes = try BoundedFile.read(file, atMost: tokenBytes)
    } catch {
      throw AdminError("The token file \(file) \(error.why).", status: AdminError.badData)
    }
    let word = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
    guard !word.isEmpty else {
      throw AdminError("The token file \(file) is empty.", status: AdminError.badData)
    }
    return word
  }
}

extension AdminError {
  /// What a client could not do, with the status for it.
  init(_ error: ClientError) {
    let status =
      switch error {
      case .connection, .tls: Self.unavailable
      case .invalidAddress, .protocolViolation, .refused, .unauthorized, .eventNotFound: Self.refused
      }
    self.init(error.description, status: status)
  }
}
