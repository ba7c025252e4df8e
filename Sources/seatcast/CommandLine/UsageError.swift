// The two ways in which a start fails: each is one sentence and an exit status.

/// The command line, the environment or the configuration file is wrong. Exit status 64 (sysexits.h, EX_USAGE).
struct UsageError: Error, Equatable, CustomStringConvertible {
  static let exitStatus: Int32 = 64
  let description: String
  /// Whose value alone is wrong; nil: settings do not go together, or none is concerned.
  let setting: Setting?

  init(_ sentence: String, about setting: Setting? = nil) {
    (description, self.setting) = (sentence, setting)
  }
}

/// The configuration is valid, but the server cannot start. Exit status 1.
struct StartError: Error, Equatable, CustomStringConvertible {
  static let exitStatus: Int32 = 1
  let description: String

  init(_ sentence: String) { description = sentence }
}
