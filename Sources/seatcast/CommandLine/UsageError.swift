// The two ways in which a start fails: each is one sentence and an exit status.

/// The command line or the environment is wrong. Exit status 64 (sysexits.h, EX_USAGE).
struct UsageError: Error, Equatable, CustomStringConvertible {
  static let exitStatus: Int32 = 64
  let description: String

  init(_ sentence: String) { description = sentence }
}

/// The configuration is valid, but the server cannot start. Exit status 1.
struct StartError: Error, Equatable, CustomStringConvertible {
  static let exitStatus: Int32 = 1
  let description: String

  init(_ sentence: String) { description = sentence }
}
