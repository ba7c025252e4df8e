// Who was logged out everywhere, and when: tokens issued before that moment are refused. Read from the database at
// start, added to after each commit of a log-out. An entry does not age, because nobody knows when the last token
// expires that another holder of a key has made. When there are too many of one issuer, the older half becomes one entry
// for everybody of this issuer: a log-out is never forgotten. Any thread.
import Synchronization

final class Revocations: Sendable {
  /// Entries of one issuer at most; here and in the database.
  static let capacity = 65_536

  private let moments: Monitor<[Identity: Instant]>
  /// Saves the lock where nobody was ever logged out.
  private let isEmpty: Atomic<Bool>
  private let capacity: Int

  init(_ known: [Identity: Instant] = [:], capacity: Int = Revocations.capacity) {
    moments = Monitor(known)
    isEmpty = Atomic(known.isEmpty)
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
    moments.withLock { moments in
      moments[identity] = max(moments[identity] ?? moment, moment)
      if moments.count > capacity { Self.merge(&moments, of: identity.issuer, capacity) }
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

  /// `iat` of a new token must not be earlier than this; nil: the identity was never logged out.
  func moment(of identity: Identity) -> Instant? {
    if isEmpty.load(ordering: .acquiring) { return nil }
    return moments.withLock { moments in
      let own = moments[identity]
      guard let common = moments[.everybody(of: identity.issuer)] else { return own }
      return max(own ?? common, common)
    }
  }

  /// Entries, for tests.
  var count: Int { moments.withLock(\.count) }

  /// A token that does not tell when it was issued may be an old one.
  func refuses(_ principal: Principal) -> Bool {
    guard let moment = moment(of: principal.identity) else { return false }
    return principal.issuedAt.map { $0 < moment } ?? true
  }
}

extension Identity {
  /// Stands for all identities of an issuer among log-outs. No token has an empty subject.
  static func everybody(of issuer: String) -> Identity { Identity(issuer: issuer, subject: .text("")) }
}
