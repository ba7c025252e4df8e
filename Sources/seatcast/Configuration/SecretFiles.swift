// Reads the token secrets and the admin's password from the files that the configuration names: at start, and the
// secrets again on SIGHUP. Main thread.
import ControlPlane

/// What signs tokens, and what signed them before.
struct TokenSecrets: Equatable, Sendable {
  /// Nil: the control plane creates one and keeps it in the data folder.
  var current: [UInt8]?
  var previous: PreviousSecret?
}

enum SecretFiles {
  /// HS256 keys shorter than its hash are refused (RFC 7518, section 3.2).
  static let minimumSecretBytes = 32

  static func secrets(_ configuration: ServeConfiguration) throws(StartError) -> TokenSecrets {
    try secrets(configuration.secret, previous: configuration.previousSecret)
  }

  static func secrets(
    _ current: ServeConfiguration.SecretSource, previous source: ServeConfiguration.PreviousSource?
  ) throws(StartError) -> TokenSecrets {
    var previous: PreviousSecret?
    if let source {
      let bytes = try checked(
        try line(at: source.file, what: "previous token secret"), "in \(printable(source.file))")
      previous = PreviousSecret(bytes, until: source.until)
    }
    return TokenSecrets(current: try secret(current), previous: previous)
  }

  /// The secret that signs tokens; nil: the control plane creates one and keeps it in the data folder.
  static func secret(_ source: ServeConfiguration.SecretSource) throws(StartError) -> [UInt8]? {
    switch source {
    case .kept: nil
    case .bytes(let given): try checked(given, "in SEATCAST_JWT_SECRET")
    case .file(let path): try checked(try line(at: path, what: "token secret"), "in \(printable(path))")
    }
  }

  private static func checked(_ bytes: [UInt8], _ place: String) throws(StartError) -> [UInt8] {
    guard bytes.count >= minimumSecretBytes else {
      throw StartError(
        "The token secret \(place) is too short: \(bytes.count) bytes, needed are \(minimumSecretBytes).")
    }
    return bytes
  }

  /// - Parameter what: for sentences.
  static func password(
    _ source: ServeConfiguration.Admin.Password, what: String = "admin's password"
  ) throws(StartError) -> String {
    switch source {
    case .text(let text): text
    case .file(let path): try text(at: path, what: what)
    }
  }

  /// The text of a file without one line break at its end.
  static func text(at path: String, what: String) throws(StartError) -> String {
    guard let text = String(validating: try line(at: path, what: what), as: UTF8.self) else {
      throw StartError("The \(what) in \(printable(path)) is not UTF-8.")
    }
    return text
  }

  /// Longer files are no secrets.
  private static let maximumBytes = 65_536

  /// The content of a file without one line break at its end.
  private static func line(at path: String, what: String) throws(StartError) -> [UInt8] {
    var bytes: [UInt8]
    do throws(BoundedFile.Failure) {
      bytes = try BoundedFile.read(path, atMost: maximumBytes)
    } catch {
      throw StartError("The \(what) in \(printable(path)) \(error.why).")
    }
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    return bytes
  }
}
