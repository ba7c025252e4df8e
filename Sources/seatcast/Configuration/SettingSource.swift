// Where a value comes from, and the credentials of the service manager. Values.
import Glibc

/// Where a value comes from; described as sentences name it.
enum SettingSource: Equatable, Sendable, CustomStringConvertible {
  /// `--port`.
  case flag(String)
  /// `SEATCAST_PORT`.
  case variable(String)
  /// A line of the configuration file.
  case file(key: String, path: String, line: Int)
  /// A file that the service manager passed under this name.
  case credential(String)

  var description: String {
    switch self {
    case .flag(let name), .variable(let name): name
    case .file(let key, let path, let line): "\(key) (\(printable(path)):\(line))"
    case .credential(let name): "credential '\(name)'"
    }
  }

  /// A smaller one beats a larger one.
  var rank: Int {
    switch self {
    case .flag: 0
    case .variable: 1
    case .file: 2
    case .credential: 3
    }
  }
}

/// The files that systemd passes to a unit (`LoadCredential=`, systemd.exec(5)): one per name in a folder that only the
/// unit can read.
struct Credentials {
  static let variable = "CREDENTIALS_DIRECTORY"
  private let folder: String?

  init(_ environment: [String: String]) { folder = environment[Self.variable] }

  /// The file of this name; nil: there is none.
  func path(_ name: String) -> String? {
    guard let folder else { return nil }
    let path = folder + "/" + name
    return unsafe access(path, F_OK) == 0 ? path : nil
  }
}
