// What the helpers of the tests throw: one sentence about what was expected and what came instead.

/// A test helper could not do its work; the sentence says what it saw.
public struct TestFailure: Error, CustomStringConvertible, Sendable {
  public let description: String
  public init(_ description: String) { self.description = description }
}
