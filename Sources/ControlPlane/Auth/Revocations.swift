// Who was logged out everywhere, and when: tokens issued before that moment are refused. Read from the database at
// start, added to after each commit of a log-out. One entry per identity that was ever logged out, because nobody
// knows when the last of another system's tokens expires. Any thread.
import Synchronization

final class Revocations: Sendable {
  private let moments: Monitor<[Identity: Instant]>
  /// Saves the lock where nobody was ever logged out.
  private let isEmpty: Atomic<Bool>

  init(_ known: [Identity: Instant] = [:]) {
    moments = Monitor(known)
    isEmpty = Atomic(known.isEmpty)
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
    moments.withLock { $0[identity] = max($0[identity] ?? moment, moment) }
    isEmpty.store(false, ordering: .releasing)
  }

  /// New tokens of this identity must not name an earlier time of issue; nil: it was never logged out.
  func moment(of identity: Identity) -> Instant? {
    if isEmpty.load(ordering: .acquiring) { return nil }
    return moments.withLock { $0[identity] }
  }

  /// A token that does not tell when it was issued may be an old one.
  func refuses(_ principal: Principal) -> Bool {
    guard let moment = moment(of: principal.identity) else { return false }
    return principal.issuedAt.map { $0 < moment } ?? true
  }
}
