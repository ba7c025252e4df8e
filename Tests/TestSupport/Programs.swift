// Programs of this machine that some tests need. Where one is missing, those tests are left out, and say so.
import Glibc

public enum Programs {
  /// The path of the first of these programs that PATH has; nil: it has none of them.
  public static func path(of names: String...) -> String? {
    path(of: names, in: folders)
  }

  /// The same of a service, which Debian keeps where only root's PATH leads.
  public static func path(ofService name: String) -> String? {
    path(of: [name], in: folders + ["/usr/sbin", "/usr/local/sbin"])
  }

  private static var folders: [String] {
    (environmentVariable("PATH") ?? "/usr/bin").split(separator: ":").map(String.init)
  }

  private static func path(of names: [String], in folders: [String]) -> String? {
    let candidates = folders.flatMap { folder in names.map { "\(folder)/\($0)" } }
    return candidates.first { unsafe access($0, X_OK) == 0 }
  }
}

/// Whether PATH has a program of this name.
public func isInstalled(_ program: String) -> Bool { Programs.path(of: program) != nil }
