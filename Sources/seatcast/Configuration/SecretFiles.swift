// Reads the token secret and the admin's password from the files that the configuration names. At start only.
import FoundationEssentials

enum SecretFiles {
  /// HS256 keys shorter than its hash are refused (RFC 7518, section 3.2).
  static let minimumSecretBytes = 32

  /// The secret that signs tokens; nil: the control plane creates one and keeps it in the data folder.
  static func secret(_ source: ServeConfiguration.SecretSource) throws(StartError) -> [UInt8]? {
    let (bytes, place): ([UInt8], String)
    switch source {
    case .kept: return nil
    case .bytes(let given): (bytes, place) = (given, "in SEATCAST_JWT_SECRET")
    case .file(let path): (bytes, place) = (try line(at: path, what: "token secret"), "in \(printable(path))")
    }
    guard bytes.count >= minimumSecretBytes else {
      throw StartError(
        "The token secret \(place) is too short: \(bytes.count) bytes, needed are \(minimumSecretBytes).")
    }
    return bytes
  }

  static func password(_ source: ServeConfiguration.Admin.Password) throws(StartError) -> String {
    switch source {
    case .text(let text): return text
    case .file(let path):
      guard let text = String(validating: try line(at: path, what: "admin's password"), as: UTF8.self) else {
        throw StartError("The admin's password in \(printable(path)) is not UTF-8.")
      }
      return text
    }
  }

  /// The content of a file without one line break at its end.
  private static func line(at path: String, what: String) throws(StartError) -> [UInt8] {
    let data: Data
    do {
      data = try Data(contentsOf: URL(filePath: path))
    } catch {
      throw StartError("The \(what) cannot be read from \(printable(path)).")
    }
    var bytes = Array(data)
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    return bytes
  }
}
