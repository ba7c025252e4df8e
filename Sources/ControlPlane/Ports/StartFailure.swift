/// Why the plane cannot start: one clear sentence for whoever started it.
public struct StartFailure: Error, Sendable, Equatable, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}
