/// Where topics come from. Supplied by the executable. Called on loop threads; must not block.
///
/// Order is the whole point: the source answers `open` with `Publisher.grant` from the same thread that
/// publishes, so a loop receives the grant at `seq` s and then exactly s+1, s+2, …
public protocol TopicSource: Sendable {
  /// Asks for a grant of `topic` for `loop`. False: too busy, nothing was asked.
  func open(_ topic: TopicID, for loop: LoopID) -> Bool
  /// Gives the topic back: `loop` wants no more notices. False: too busy, nothing was said; asked again later.
  func close(_ topic: TopicID, for loop: LoopID) -> Bool
  /// Asks for the notices with `after` < seq ≤ `through`, answered through `DataPlane.deliver(_:to:)`.
  /// False: too busy.
  func history(of topic: TopicID, after: UInt64, through: UInt64, ticket: Ticket) -> Bool
}
