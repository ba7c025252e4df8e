// Decides which requests may cost the plane anything: asked before a password is hashed and before a command goes to the
// ledger. Refusals are counted and told to the observer, which bounds what it logs. Any thread; no allocation
// for who is within the limits.
import Synchronization

final class AdmissionControl: Sendable {
  /// The limits and what was used of them. Never changed; replaced as a whole.
  private final class Limiters: Sendable {
    let logins: LoginGuard
    let registrations: RateLimiter
    let requests: RateLimiter
    let changes: RateLimiter
    let userFields: UserRateFields

    /// - Parameter former: what was used of its limits stays used.
    init(_ limits: AdmissionLimits, after former: Limiters?) {
      logins = LoginGuard(
        perAccount: limits.loginPerAccount, perAddress: limits.loginPerAddress, after: former?.logins)
      registrations = RateLimiter(limits.registerPerAddress, after: former?.registrations)
      requests = RateLimiter(limits.requestsPerUser, after: former?.requests)
      changes = RateLimiter(limits.changesPerUser, after: former?.changes)
      userFields = UserRateFields(requests: limits.requestsPerUser, changes: limits.changesPerUser)
    }
  }

  private let limiters: Mutex<Limiters>
  private let observer: any ControlObserver
  private let clock: any Clock
  private let refused = Monitor([UInt64](repeating: 0, count: LimitName.allCases.count))

  init(_ limits: AdmissionLimits, observer: any ControlObserver, clock: any Clock) {
    limiters = Mutex(Limiters(limits, after: nil))
    (self.observer, self.clock) = (observer, clock)
  }

  /// Other limits hold from now on.
  func use(_ limits: AdmissionLimits) {
    limiters.withLock { $0 = Limiters(limits, after: $0) }
  }

  private var current: Limiters { limiters.withLock { $0 } }

  /// What answers to users say of their limits.
  var userFields: UserRateFields { current.userFields }

  /// How often each limit refused, in the order of `LimitName.allCases`.
  var refusals: [UInt64] { refused.withLock { $0 } }

  /// Limits follow the time since the machine started, which nobody sets.
  private func now() -> UInt64 { UInt64(clamping: clock.uptime) }

  // MARK: Addresses

  /// Counts an attempt to log in.
  /// - Returns: what must be told how the attempt ended, and the fields of its answer.
  func login(_ account: EmailKey, from client: ClientAddress) throws(Problem) -> LoginAttempt {
    let (moment, key, logins) = (now(), KeyHash.of(account), current.logins)
    switch logins.admit(account: key, address: client.limitKey, at: moment) {
    case .admitted(let ofAccount, let ofAddress):
      let standings = [
        RateStanding(.loginAccount, logins.perAccount.limit, ofAccount),
        RateStanding(.loginAddress, logins.perAddress.limit, ofAddress),
      ]
      return LoginAttempt(
        control: self, account: key, address: client.limitKey, standings: standings.compactMap(\.self))
    case .refused(let name, let retryAfter):
      let limit = name == .loginAddress ? logins.perAddress.limit : logins.perAccount.limit
      let decision = RateDecision(isAllowed: false, remaining: 0, wait: retryAfter * 1_000_000)
      let standing = name == .loginDelay ? nil : RateStanding(name, limit, decision)
      throw refuse(name, retryAfter, .address(client), [standing].compactMap(\.self))
    }
  }

  fileprivate func loginEnded(account: UInt64, address: UInt64, isCorrect: Bool) {
    let logins = current.logins
    if isCorrect {
      logins.succeeded(account: account, address: address, at: now())
    } else {
      logins.failed(account: account, address: address, at: now())
    }
  }

  /// Counts a registration.
  /// - Returns: the fields of its answer.
  func register(from client: ClientAddress) throws(Problem) -> FieldLines {
    let registrations = current.registrations
    let decision = registrations.take(client.limitKey, at: now())
    let standing = RateStanding(.registerAddress, registrations.limit, decision)
    if let standing, !standing.decision.isAllowed {
      throw refuse(.registerAddress, standing.decision.retryAfter, .address(client), [standing])
    }
    return RateStanding.fields([standing].compactMap(\.self))
  }

  // MARK: Users

  /// Counts a request of an authenticated user.
  /// - Parameter isExempt: asked only when the budget is used up: whether this is an administrator.
  /// - Returns: what is left; nil: nothing is limited, or the asker is exempt.
  func request(
    of principal: Principal, isExempt: () throws(Problem) -> Bool
  ) throws(Problem) -> RateDecision? {
    try judge(.requestsUser, current.requests, principal.connectionKey, principal, isExempt: isExempt)
  }

  /// Counts a booking or a cancellation before the ledger decides it, whatever it will decide.
  func change(
    of event: EventID, by principal: Principal, isExempt: () throws(Problem) -> Bool
  ) throws(Problem) -> RateDecision? {
    try judge(
      .changes, current.changes, KeyHash.of(principal.connectionKey, event), principal, isExempt: isExempt)
  }

  var limitsChanges: Bool { current.changes.limit != nil }

  private func judge(
    _ name: LimitName, _ limiter: RateLimiter, _ key: UInt64, _ principal: Principal,
    isExempt: () throws(Problem) -> Bool
  ) throws(Problem) -> RateDecision? {
    guard let decision = limiter.take(key, at: now()) else { return nil }
    if decision.isAllowed { return decision }
    if try isExempt() { return nil }
    let standings = [RateStanding(name, limiter.limit, decision)].compactMap(\.self)
    throw refuse(name, decision.retryAfter, .user(principal.identity), standings)
  }

  private func refuse(
    _ name: LimitName, _ retryAfter: UInt64, _ who: Offender, _ standings: [RateStanding]
  ) -> Problem {
    refused.withLock { counts in
      if let index = LimitName.allCases.firstIndex(of: name) { counts[index] += 1 }
    }
    observer.observe(.rateLimited(name, who))
    return .rateLimited(name, retryAfter: retryAfter, standings)
  }
}

/// An attempt to log in that was admitted.
struct LoginAttempt: Sendable {
  fileprivate let control: AdmissionControl
  fileprivate let account: UInt64
  fileprivate let address: UInt64
  fileprivate let standings: [RateStanding]

  /// Counts how the attempt ended, and adds the fields of the limits to the answer.
  func counting(_ answer: @escaping Answer<User>) -> Answer<User> {
    { result in
      var reply = answer(result)
      // By what the client learns, so that the delay tells it no more.
      switch reply.status {
      case 200: control.loginEnded(account: account, address: address, isCorrect: true)
      case 401, 403: control.loginEnded(account: account, address: address, isCorrect: false)
      default: break
      }
      reply.fieldLines.append(RateStanding.fields(standings))
      return reply
    }
  }
}
