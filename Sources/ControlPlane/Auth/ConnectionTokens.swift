// One-use tokens for one connection each, so that no long-lived token need stand in a URL. In memory only: a restart
// forgets them. A user has at most 16, the plane 16,384; the oldest go first. Used ones make room before others do, as
// long as half of the room is theirs. Kept by their digest, so that looking one up tells nothing about others by its
// time. Any thread; the lock is held for a look-up or an insertion.

/// What a connection token stands for.
public struct ConnectionGrant: Sendable, Equatable {
  /// Whoever asked for the token, until the end of the token by which that was.
  public var principal: Principal
  /// The only events that the connection may watch; nil: all.
  public var events: Set<EventID>?

  public init(principal: Principal, events: Set<EventID>?) {
    (self.principal, self.events) = (principal, events)
  }
}

/// What became of a question for a token that nodes share.
public enum Redemption: Sendable {
  /// It stood for this, and is used up. A connection begins a moment later: then it must be asked whether that is still so.
  case good(ConnectionGrant, isStillGood: @Sendable () -> Bool)
  case bad
  /// The store does not answer, and the token may be good.
  case unknown
}

final class ConnectionTokens: Sendable {
  /// How long a token may be used, in milliseconds.
  static let lifetime: Int64 = 30_000
  static let tokenBytes = 16

  private struct Entry {
    var grant: ConnectionGrant
    /// Milliseconds of the clock that nobody sets.
    var endsAt: Int64
  }

  private struct State {
    var entries: [[UInt8]: Entry] = [:]
    /// In order of issue, hence of their end; used ones stay until it is their turn or room is needed.
    var order = FirstInFirstOut<[UInt8]>()
    /// Those of one user, the oldest first, by `Principal.connectionKey`.
    var ofUser: [UInt64: [[UInt8]]] = [:]
  }

  private let state = Monitor(State())
  private let capacity: Int
  private let capacityPerUser: Int

  init(capacity: Int = 16_384, perUser: Int = 16) {
    (self.capacity, capacityPerUser) = (capacity, perUser)
  }

  /// Makes a token.
  /// - Parameter uptime: now, by the clock that nobody sets.
  func issue(_ grant: ConnectionGrant, at uptime: Int64) -> [UInt8] {
    issueKept(grant, at: uptime).token
  }

  /// The same, with what is kept of it and the digests of those that made room.
  func issueKept(
    _ grant: ConnectionGrant, at uptime: Int64
  ) -> (token: [UInt8], kept: Kept, dropped: [[UInt8]]) {
    let token = Base64.encode(Cryptography.randomBytes(Self.tokenBytes), .urlSafe)
    let key = Cryptography.sha256(token)
    let user = grant.principal.connectionKey
    let entry = Entry(grant: grant, endsAt: uptime + Self.lifetime)
    let dropped = state.withLock { state in
      var dropped: [[UInt8]] = []
      if state.order.count >= capacity, state.entries.count <= capacity / 2 { Self.dropUsed(from: &state) }
      while let oldest = state.order.first, isDue(oldest, state, at: uptime) {
        state.order.removeFirst()
        if Self.remove(oldest, from: &state) != nil { dropped.append(oldest) }
      }
      if let own = state.ofUser[user], own.count >= capacityPerUser {
        Self.remove(own[0], from: &state)
        dropped.append(own[0])
      }
      state.entries[key] = entry
      state.order.append(key)
      state.ofUser[user, default: []].append(key)
      return dropped
    }
    return (token, Kept(digest: key, grant: grant, endsAt: entry.endsAt), dropped)
  }

  /// Gives out what the token stands for, once. Nil: it is unknown, used, or too old.
  func redeem(_ token: [UInt8], at uptime: Int64) -> ConnectionGrant? {
    guard let key = Self.digest(of: token) else { return nil }
    let entry = state.withLock { Self.remove(key, from: &$0) }
    return entry.flatMap { uptime < $0.endsAt ? $0.grant : nil }
  }

  /// By which a token is kept; nil: it is too long to be one of ours, and its digest would cost.
  static func digest(of token: [UInt8]) -> [UInt8]? {
    token.count <= 2 * tokenBytes ? Cryptography.sha256(token) : nil
  }

  /// It was used elsewhere, or could not be kept there.
  func forget(_ digest: [UInt8]) { state.withLock { _ = Self.remove(digest, from: &$0) } }

  /// A token as it is kept.
  struct Kept: Equatable {
    /// Of the token's text.
    var digest: [UInt8]
    var grant: ConnectionGrant
    /// By the clock that nobody sets.
    var endsAt: Int64
  }

  /// Tokens that were not redeemed, in order of issue; some may be too old.
  var unused: [Kept] {
    state.withLock { state in
      state.order.all.compactMap { digest in
        state.entries[digest].map { Kept(digest: digest, grant: $0.grant, endsAt: $0.endsAt) }
      }
    }
  }

  /// Takes in one of another process. Those come in order of issue, before any is made here.
  func keep(_ token: Kept) {
    let user = token.grant.principal.connectionKey
    state.withLock { state in
      guard state.order.count < capacity, state.entries[token.digest] == nil else { return }
      state.entries[token.digest] = Entry(grant: token.grant, endsAt: token.endsAt)
      state.order.append(token.digest)
      state.ofUser[user, default: []].append(token.digest)
    }
  }

  /// Tokens that may be redeemed or are waiting for their turn to be forgotten, for tests.
  var count: Int { state.withLock { max($0.entries.count, $0.order.count) } }

  private func isDue(_ key: [UInt8], _ state: State, at uptime: Int64) -> Bool {
    guard state.order.count < capacity, let entry = state.entries[key] else { return true }
    return entry.endsAt <= uptime
  }

  /// Costs a look at all, and happens once for as many tokens as it makes room for.
  private static func dropUsed(from state: inout State) {
    let entries = state.entries
    state.order.removeAll { entries[$0] == nil }
  }

  @discardableResult
  private static func remove(_ key: [UInt8], from state: inout State) -> Entry? {
    guard let entry = state.entries.removeValue(forKey: key) else { return nil }
    let user = entry.grant.principal.connectionKey
    state.ofUser[user]?.removeAll { $0 == key }
    if state.ofUser[user]?.isEmpty ?? false { state.ofUser[user] = nil }
    return entry
  }
}

/// A queue whose memory follows its length. A value.
struct FirstInFirstOut<Element> {
  private var elements: [Element] = []
  private var start = 0

  var count: Int { elements.count - start }
  var first: Element? { start < elements.count ? elements[start] : nil }
  var all: ArraySlice<Element> { elements[start...] }

  mutating func append(_ element: Element) { elements.append(element) }

  mutating func removeAll(where isGone: (Element) -> Bool) {
    elements.removeSubrange(..<start)
    start = 0
    elements.removeAll(where: isGone)
  }

  mutating func removeFirst() {
    start += 1
    // What was taken is let go when it is as much as what waits.
    guard start * 2 >= elements.count else { return }
    elements.removeSubrange(..<start)
    start = 0
  }
}
