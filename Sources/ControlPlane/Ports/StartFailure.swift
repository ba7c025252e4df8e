/// Why the plane cannot start: one clear sentence for whoever started it.
public struct StartFailure: Error, Sendable, Equatable, CustomStringConvertible {
  public let description: String
  /// Whether it is another process that holds the data folder.
  public var isServed = false
  public init(_ description: String) { self.description = description }
}
