/// Turns passwords into PHC strings and back into verdicts. Slow on purpose: called on hashing threads only
/// (and by the starting thread, before anything is served).
protocol PasswordHasher: Sendable {
  /// - Throws: `DomainError.internalFailure` when the library refuses (memory).
  func hash(_ password: String) throws(DomainError) -> String
  /// - Parameter hash: nil when there is no such account; the same work is done, and the answer is `wrong`.
  func verify(_ password: String, against hash: String?) -> PasswordVerdict
}

enum PasswordVerdict: Sendable, Equatable {
  case correct
  /// Correct, but the stored string was made with other parameters than today's: hash again.
  case correctButStale
  case wrong
}

/// How dear a guess is. `insecureTest` is for tests and benchmarks only.
public enum PasswordCost: String, Sendable, CaseIterable {
  case interactive
  case insecureTest = "insecure-test"
}
