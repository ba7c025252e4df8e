// The names that cross the data plane's interface. Each is a plain number that the other plane does not interpret.

/// A topic: what subscribers subscribe to and notices are published on. The executable decides what it stands for.
public struct TopicID: Hashable, Sendable {
  public let rawValue: Int64
  public init(_ rawValue: Int64) { self.rawValue = rawValue }
}

/// One loop of a plane, counted from 0.
public struct LoopID: Hashable, Sendable {
  public let rawValue: UInt16
  public init(_ rawValue: UInt16) { self.rawValue = rawValue }
}

/// The way back to a connection: its loop, its slot there, and the slot's generation, so that an answer
/// for a connection that is gone is dropped. `request` tells apart what one connection asks for in turn.
public struct Ticket: Hashable, Sendable {
  public let loop: LoopID
  public let slot: UInt32
  public let generation: UInt32
  public let request: UInt32
  public init(loop: LoopID, slot: UInt32, generation: UInt32, request: UInt32) {
    (self.loop, self.slot, self.generation, self.request) = (loop, slot, generation, request)
  }
}

/// Whom a connection belongs to. The executable chooses the number; the core only compares it.
public struct ClientTag: Hashable, Sendable {
  /// The same for all connections of one client (`DataPlane.withdraw(client:code:reason:)`).
  public let id: UInt64
  public init(id: UInt64) { self.id = id }

  /// Of connections that nobody has authenticated: they are counted for their address.
  public static let anonymous = ClientTag(id: 0)
  public var isAnonymous: Bool { self == .anonymous }
}

/// By what a client was admitted, so that everything admitted by it can end together. The executable chooses the number;
/// the core only compares it.
public struct Credential: Hashable, Sendable {
  public let rawValue: UInt32
  public init(_ rawValue: UInt32) { self.rawValue = rawValue }

  /// Of connections that nobody has authenticated.
  public static let none = Credential(0)
}
