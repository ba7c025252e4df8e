// Who was logged out everywhere, and when: tokens issued before that moment are refused. Read from the database at
// start, added to after each commit of a log-out. An entry does not age, because nobody knows when the last token
// expires that another holder of a key has made. When there are too many of one issuer, the older half becomes one entry
// for everybody of this issuer: a log-out is never forgotten. Beside them, who is disabled: as many as administrators
// disable. Any thread.
import Synchronization

final class Revocations: Sendable {
  /// Entries of one issuer at most; here and in the database.
  static let capacity = 65_536

  /// Log-outs whose order is remembered, at least.
  private static let recentCapacity = 1_024

  private struct State {
    var moments: [Identity: Instant]
    var disabled: Set<Identity>
    /// Log-outs since the start.
    var count: UInt64 = 0
    /// The number of somebody's last log-out, of those within the last ones.
    var numbers = TwoGenerations<Identity, UInt64>(capacity: recentCapacity)
    /// Numbers of keys that were removed since the start.
    var removedKeys: Set<UInt32> = []
  }

  private let state: Monitor<State>
  /// Saves the lock where nobody was ever logged out or disabled.
  private let isEmpty: Atomic<Bool>
  private let capacity: Int

  init(
    _ known: [Identity: Instant] = [:], disabled: Set<Identity> = [], capacity: Int = Revocations.capacity
  ) {
    state = Monitor(State(moments: known, disabled: disabled))
    isEmpty = Atomic(known.isEmpty && disabled.isEmpty)
    self.capacity = capacity
  }

  /// The moment before which issued tokens are refused, after a log-out now. Tokens tell their time of issue in whole
  /// seconds, so those of the same second are refused too, whether they were issued before or after.
  /// - Parameter last: that moment of the last log-out. When it is still to come, local tokens issued since then bear
  ///   it (`TokenIssuer`), and are refused by going a second further.
  static func moment(of identity: Identity, loggedOutAt now: Instant, last: Instant?) -> Instant {
    let next = Instant(milliseconds: now.milliseconds - now.milliseconds % 1_000 + 1_000)
    guard let last, last > now else { return next }
    return identity.isLocal ? Instant(milliseconds: last.milliseconds + 1_000) : max(last, next)
  }

  func add(_ identity: Identity, before moment: Instant) {
    state.withLock { state in
      state.moments[identity] = max(state.moments[identity] ?? moment, moment)
      if state.moments.count > capacity { Self.merge(&state.moments, of: identity.issuer, capacity) }
      state.count += 1
      state.numbers.insert(state.count, for: identity)
    }
    isEmpty.store(false, ordering: .releasing)
  }

  /// As `AccountStatements` does it in the database.
  private static func merge(_ moments: inout [Identity: Instant], of issuer: String, _ capacity: Int) {
    let own = moments.filter { $0.key.issuer.hasSameBytes(as: issuer) }.values.sorted()
    guard own.count > capacity else { return }
    let middle = own[own.count / 2]
    moments = moments.filter { $0.value > middle || !$0.key.issuer.hasSameBytes(as: issuer) }
    moments[.everybody(of: issuer)] = max(moments[.everybody(of: issuer)] ?? middle, middle)
  }

  /// Whether a log-out of exactly this identity, at this moment or later, is known.
  func has(_ identity: Identity, before moment: Instant) -> Bool {
    state.withLock { $0.moments[identity].map { moment <= $0 } ?? false }
  }

  /// `iat` of a new token must not be earlier than this; nil: the identity was never logged out.
  func moment(of identity: Identity) -> Instant? {
    if isEmpty.load(ordering: .acquiring) { return nil }
    return state.withLock { Self.moment(of: identity, $0.moments) }
  }

  private static func moment(of identity: Identity, _ moments: [Identity: Instant]) -> Instant? {
    let own = moments[identity]
    guard let common = moments[.everybody(of: identity.issuer)] else { return own }
    return max(own ?? common, common)
  }

  /// Entries, for tests.
  var count: Int { state.withLock(\.moments.count) }

  /// What an issuer's clock may be ahead of ours.
  private static let tolerance: Int64 = 60_000

  /// A token that does not tell when it was issued may be an old one, and so may one that was issued later than now:
  /// the clock was ahead, here or at the issuer, and the log-out may have come after it. Exactly the moment itself is
  /// what `TokenIssuer` writes into new tokens while it is still to come.
  func refuses(_ principal: Principal, at now: Instant) -> Bool {
    if isEmpty.load(ordering: .acquiring) { return false }
    return state.withLock { state in
      if state.disabled.contains(principal.identity) { return true }
      if state.removedKeys.contains(principal.key) { return true }
      guard let moment = Self.moment(of: principal.identity, state.moments) else { return false }
      guard let issuedAt = principal.issuedAt else { return true }
      return issuedAt < moment
        || issuedAt > moment && issuedAt.milliseconds - Self.tolerance > now.milliseconds
    }
  }

  // MARK: Removed keys

  /// Removed keys that are remembered: far more than are removed while something judged by one is still under way.
  private static let removedKeysCapacity = 1_024

  /// Refuses what was judged by a key before it was removed: a connection token, or a stream that is about to start.
  func replaceKeys(removed: [UInt32], trusted: Set<UInt32>) {
    state.withLock { state in
      if state.removedKeys.count > Self.removedKeysCapacity { state.removedKeys = [] }
      state.removedKeys.formUnion(removed)
      state.removedKeys.subtract(trusted)
    }
    if !removed.isEmpty { isEmpty.store(false, ordering: .releasing) }
  }

  // MARK: Disabled accounts

  func setDisabled(_ identity: Identity, _ isDisabled: Bool) {
    state.withLock { state in
      if isDisabled { state.disabled.insert(identity) } else { state.disabled.remove(identity) }
    }
    if isDisabled { isEmpty.store(false, ordering: .releasing) }
  }

  func isDisabled(_ identity: Identity) -> Bool { state.withLock { $0.disabled.contains(identity) } }

  // MARK: Log-ins that take a while

  /// How many log-outs there were. Asked before an account is read.
  var mark: UInt64 { state.withLock(\.count) }

  /// Whether the identity was logged out after `mark`: a password that was verified meanwhile may have been replaced.
  func wasLoggedOut(_ identity: Identity, since mark: UInt64) -> Bool {
    state.withLock { state in
      guard state.count > mark else { return false }
      guard let number = state.numbers.find(identity)?.value else {
        return state.count - mark > UInt64(Self.recentCapacity)
      }
      return number > mark
    }
  }
}

extension Identity {
  /// Stands for all identities of an issuer among log-outs. No token has an empty subject.
  static func everybody(of issuer: String) -> Identity { Identity(issuer: issuer, subject: .text("")) }
}
