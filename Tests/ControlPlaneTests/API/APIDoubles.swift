// Stand-ins for what the API and Auth are given from outside, for their tests.
import Synchronization
import TestSupport

@testable import ControlPlane

/// A clock that stands still until it is moved.
final class StillClock: Clock {
  private let milliseconds: Mutex<Int64>

  init(milliseconds: Int64) { self.milliseconds = Mutex(milliseconds) }

  var now: Instant { Instant(milliseconds: milliseconds.withLock { $0 }) }

  func set(milliseconds: Int64) { self.milliseconds.withLock { $0 = milliseconds } }
}

/// Gives the bytes 0, 1, 2, … again and again.
struct CountingIdentifiers: IdentifierSource {
  func randomBytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0) } }
}

final class IncidentList: ControlObserver {
  private let incidents = Mutex<[ControlIncident]>([])
  var all: [ControlIncident] { incidents.withLock { $0 } }
  func observe(_ incident: ControlIncident) { incidents.withLock { $0.append(incident) } }
}

/// A database with what a test puts into it; fails when it is told to.
final class StubReads: ReadStore {
  var users: [User] = []
  var events: [Event] = []
  var failure: DomainError?

  private func check() throws(DomainError) { if let failure { throw failure } }

  func events(after: EventID?, _ filter: EventFilter, limit: Int) throws(DomainError) -> [Event] {
    try check()
    return Array(events.prefix(limit))
  }

  func stakes(of event: EventID) throws(DomainError) -> EventStakes? {
    try check()
    return nil
  }

  func booking(_ id: PublicBookingID) throws(DomainError) -> BookingOutcome? {
    try check()
    return nil
  }

  func bookings(
    of user: UserID?, event: EventID?, before: PublicBookingID?, limit: Int
  ) throws(DomainError) -> [BookingOutcome] {
    try check()
    return []
  }

  func waitingPlace(of user: UserID, _ identity: Identity, in event: EventID) throws(DomainError)
    -> WaitingPlace?
  {
    try check()
    return nil
  }

  func userID(of identity: Identity) throws(DomainError) -> UserID? { try user(identity)?.id }

  func user(_ identity: Identity) throws(DomainError) -> User? {
    try check()
    return users.first { $0.identity == identity }
  }

  func account(_ email: EmailKey) throws(DomainError) -> Account? {
    try check()
    return nil
  }

  func account(_ identity: Identity) throws(DomainError) -> Account? {
    try user(identity).map { Account(user: $0, passwordHash: "") }
  }

  func people(after: UserID?, email: EmailKey?, limit: Int) throws(DomainError) -> [Person] {
    try check()
    return []
  }

  func audit(before: Int64?, limit: Int) throws(DomainError) -> [AuditRecord] {
    try check()
    return []
  }

  func feedStart() throws(DomainError) -> Int64 { 0 }

  func feed(after: Int64, limit: Int) throws(DomainError) -> FeedAnswer {
    try check()
    return .items([])
  }

  func notices(
    of event: EventID, after: UInt64, through: UInt64, limit: Int
  ) throws(DomainError) -> [Notice] {
    try check()
    return []
  }
}

/// Tokens that nodes share, in memory.
final class MemoryTokens: SharedTokens {
  private let tokens = Guarded<[[UInt8]: (grant: ConnectionGrant, end: Instant)]>([:])
  let fails = Guarded(false)

  func keep(
    _ token: ConnectionTokens.Kept, until end: Instant, dropping dropped: [[UInt8]]
  ) throws(StoreFailure) {
    tokens.withLock { tokens in
      tokens[token.digest] = (token.grant, end)
      for digest in dropped { tokens[digest] = nil }
    }
  }

  func take(_ digest: [UInt8], at now: Instant) throws(StoreFailure) -> ConnectionGrant? {
    if fails.withLock({ $0 }) { throw StoreFailure(code: StoreFailure.unreachable, message: "away") }
    let found = tokens.withLock { $0.removeValue(forKey: digest) }
    return found.flatMap { now < $0.end ? $0.grant : nil }
  }
}

/// Knows the tokens `user-N` and `admin-N`, which stand for user N.
struct WordTokens: TokenVerifying {
  func redeem(_ connectionToken: [UInt8]) -> ConnectionGrant? { nil }

  func verify(_ token: [UInt8]) -> TokenVerdict {
    let parts = String(decoding: token, as: UTF8.self).split(separator: "-")
    guard parts.count == 2, let role = Role(rawValue: String(parts[0])), let id = UInt64(parts[1]) else {
      return .invalid
    }
    return .valid(Principal(identity: .local(id), role: role, expiresAt: Timestamps.latest))
  }
}

extension AdmissionControl {
  static var unlimited: AdmissionControl {
    AdmissionControl(AdmissionLimits(), observer: IncidentList(), clock: StillClock(milliseconds: 0))
  }
}

extension Reply {
  /// The value of the first field of this name.
  func first(_ name: String) -> String? { fields.first { $0.name == name }?.value }

  /// The last part of a problem's type.
  var problem: String? {
    guard let members = try? StrictJSON.parse(body).members, let type = members["type"]?.text else {
      return nil
    }
    return type.split(separator: ":").last.map(String.init)
  }
}
