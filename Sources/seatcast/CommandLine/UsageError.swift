// What is said when the server cannot do what it was started for: one sentence and an exit status.

/// The command line or the environment asks for something that does not exist. Exit status 64 (sysexits.h, EX_USAGE).
struct UsageError: Error, Equatable, CustomStringConvertible {
  static let exitStatus: Int32 = 64
  let description: String

  init(_ sentence: String) { description = sentence }
}

/// The server was asked properly but cannot start here. Exit status 1.
struct StartError: Error, Equatable, CustomStringConvertible {
  static let exitStatus: Int32 = 1
  let description: String

  init(_ sentence: String) { description = sentence }
}
