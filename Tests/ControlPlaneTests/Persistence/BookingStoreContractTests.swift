// What the ledger relies on, whatever it writes to: each test runs on every store.

import TestSupport
import Testing

@testable import ControlPlane

@Suite("Contract of booking stores")
struct BookingStoreContractTests {
  private static let stores = StoreKind.available
  private let ada = Identity(issuer: "https://id.example", subject: .text("ada"))

  private func at(_ milliseconds: Int64) -> Instant { Instant(milliseconds: milliseconds) }

  @Test("an event comes back as it was stored, and what was rolled back was never there", arguments: stores)
  func events(_ kind: StoreKind) throws {
    let rig = try StoreRig(kind)
    try rig.store.begin()
    _ = try rig.store.insert(.sample(capacity: 3))
    rig.store.rollback()
    rig.store.rollback()
    #expect(try rig.store.allEvents().isEmpty)
    var event = try rig.makeEvent(capacity: 3) {
      ($0.name, $0.description, $0.venue) = ("Größe \u{0}\u{10FFFF}", "two\nlines", "'; DROP TABLE event")
      ($0.startsAt, $0.opensAt, $0.closesAt) = (Instant(milliseconds: 30), nil, Instant(milliseconds: 20))
      ($0.maxPerUser, $0.holdSeconds, $0.status, $0.shown) = (4, 60, .paused, .paused)
      $0.types = [TicketType(id: 1, name: "A", capacity: 2), TicketType(id: 2, name: "B", capacity: nil)]
      $0.nextType = 3
    }
    #expect(try rig.store.allEvents() == [event])
    event.name = "Other"
    event.version = 2
    event.types[1].sold = 1
    (event.sold, event.seq, event.updatedAt) = (1, 1, at(99))
    try rig.commit { try $0.save(event) }
    #expect(try rig.store.allEvents() == [event])
    event.counts = Event.Counts(
      sold: 2, held: 1, seq: 2, updatedAt: at(100),
      types: [.init(sold: 1, held: 0), .init(sold: 1, held: 1)])
    try rig.commit { try $0.saveCounts(of: event.id, event.counts) }
    #expect(try rig.store.allEvents() == [event])
    try rig.commit { try $0.delete(event.id) }
    #expect(try rig.store.allEvents().isEmpty)
    #expect(try rig.makeEvent(capacity: 1).id.rawValue > event.id.rawValue)
  }

  @Test("an event that sells too much is not stored", arguments: stores)
  func lastNet(_ kind: StoreKind) throws {
    let rig = try StoreRig(kind)
    var event = try rig.makeEvent(capacity: 3)
    event.sold = 4
    #expect(throws: StoreFailure.self) { try rig.commit { try $0.save(event) } }
    #expect(throws: StoreFailure.self) { try rig.commit { try $0.saveCounts(of: event.id, event.counts) } }
    event.sold = 3
    try rig.commit { try $0.saveCounts(of: event.id, event.counts) }
    #expect(try rig.event(event.id).sold == 3)
  }

  @Test(
    "bookings are seen in their transaction and after it, with the counts of their last change",
    arguments: stores)
  func bookings(_ kind: StoreKind) throws {
    let rig = try StoreRig(kind)
    var event = try rig.makeEvent(capacity: 10)
    #expect(try !rig.store.hasBookings(event.id))
    let (first, second) = try rig.commit { store in
      #expect(try store.userID(of: ada) == nil)
      let user = try store.insert(ada, at: at(5))
      #expect(try store.userID(of: ada) == user)
      let first = try rig.book(&event, user, 2)
      let second = try rig.book(&event, user, 3, heldUntil: at(9_000), type: nil)
      try store.saveCounts(of: event.id, event.counts)
      let seen = try #require(try store.booking(first.publicID))
      var made = first
      made.subject = seen.booking.subject
      #expect(seen.availableSeats == 8 && seen.seq == 1 && seen.booking == made)
      #expect(try store.seats(of: user, in: event.id) == 5)
      #expect(try store.hasBookings(event.id))
      return (first, second)
    }
    let user = try #require(try rig.store.userID(of: ada))
    // The table of accounts, and not who booked, tells the subject.
    var stored = second
    stored.subject = ada.subject
    #expect(try rig.store.booking(second.id)?.booking == stored)
    #expect(try rig.store.allHolds().map(\.hold.booking) == [second.id])
    #expect(try rig.store.holds(of: event.id).map(\.expiresAt) == [at(9_000)])

    try rig.commit { store in
      var held = try #require(try store.booking(second.id)).booking
      (held.expiresAt, held.extended) = (at(12_000), 3_000)
      try store.saveExtension(of: held, at: at(2_000))
      #expect(try store.booking(second.id)?.booking == held)
      try store.saveConfirmation(of: second.id, at: at(3_000))
      #expect(try store.booking(second.id)?.booking.status == .confirmed)
      #expect(try store.holds(of: event.id).isEmpty)
      event.held -= 3
      event.sold += 3
      try store.saveCounts(of: event.id, event.counts)
    }
    #expect(try rig.store.booking(second.id)?.booking.extended == 3_000)
    try rig.commit { store in
      let booking = try #require(try store.booking(first.id)).booking
      try rig.end(&event, booking, .cancelled)
      let ended = try #require(try store.booking(first.id))
      #expect(ended.booking.status == .cancelled && ended.booking.cancelledSeq == 3)
      #expect(ended.availableSeats == 7 && ended.seq == 3)
      #expect(try store.seats(of: user, in: event.id) == 3)
      try store.saveCounts(of: event.id, event.counts)
    }
    let found = try rig.store.bookings(madeIn: event.id, after: 0, through: 2)
    #expect(found.map(\.booking.id) == [first.id, second.id])
    #expect(found.map(\.seq) == [3, 2] && found.map(\.availableSeats) == [7, 5])
    #expect(try rig.store.bookings(madeIn: event.id, after: 1, through: 1).isEmpty)
    #expect(try rig.event(event.id) == event)
    let id = event.id.rawValue
    let (number, later) = (second.id.rawValue, second.id.rawValue)
    let feed = try rig.feed()
    #expect(
      feed == [
        [3, id, event.createdAt.milliseconds, 1], [0, id, 2, 2], [2, number, 2_000, 1], [1, later, 3_000, 1],
        [0, id, 3, 1],
      ])
  }

  @Test("seats are counted by user and ticket type, before and after the commit", arguments: stores)
  func seats(_ kind: StoreKind) throws {
    let rig = try StoreRig(kind)
    var event = try rig.makeEvent(capacity: 20) {
      $0.types = [TicketType(id: 1, name: "A", capacity: 9), TicketType(id: 2, name: "B", capacity: 9)]
      $0.maxPerUser = 10
    }
    let user = try rig.commit { store in
      let user = try store.insert(ada, at: at(1))
      let other = try store.insert(.local(4), at: at(1))
      _ = try rig.book(&event, user, 2, type: 1)
      _ = try rig.book(&event, other, 4, type: 1)
      let third = try rig.book(&event, user, 3, type: 2)
      #expect(try store.seats(of: user, in: event.id, type: 1) == 2)
      try rig.end(&event, third, .cancelled)
      #expect(try store.seats(of: user, in: event.id, type: 2) == 0)
      #expect(try store.seats(of: user, in: event.id) == 2)
      return user
    }
    #expect(try rig.store.seats(of: user, in: event.id) == 2)
    #expect(try rig.store.seats(of: user, in: event.id, type: 1) == 2)
    #expect(try rig.store.seats(of: UserID(77), in: event.id) == 0)
  }

  @Test(
    "a key tells what it made, as it was made, until it expires; then it can be used anew", arguments: stores)
  func keys(_ kind: StoreKind) throws {
    let rig = try StoreRig(kind)
    var event = try rig.makeEvent(capacity: 10)
    let since = ServiceTime(milliseconds: 0)
    let (user, held) = try rig.commit { store in
      let user = try store.insert(ada, at: at(1))
      #expect(try store.booking(forKey: "k", of: user, since: since) == nil)
      let held = try rig.book(&event, user, 2, heldUntil: at(9_000))
      try store.remember(key: "k", of: user, booking: held.id, at: ServiceTime(milliseconds: 500))
      #expect(try store.booking(forKey: "k", of: user, since: since)?.booking.id == held.id)
      return (user, held)
    }
    try rig.commit { store in
      var extended = held
      (extended.expiresAt, extended.extended) = (at(12_000), 3_000)
      try store.saveExtension(of: extended, at: at(2_000))
      try rig.end(&event, held, .expired)
    }
    let told = try #require(try rig.store.booking(forKey: "k", of: user, since: since))
    #expect(told.booking.status == .held && told.booking.expiresAt == at(9_000))
    #expect(told.booking.extended == 0 && told.booking.cancelledAt == nil)
    #expect(told.availableSeats == 8 && told.seq == 1 && told.booking.subject == ada.subject)
    #expect(try rig.store.booking(forKey: "K", of: user, since: since) == nil)
    #expect(try rig.store.booking(forKey: "k", of: UserID(user.rawValue + 1), since: since) == nil)

    try rig.commit { store in
      let later = ServiceTime(milliseconds: 500)
      #expect(try store.booking(forKey: "k", of: user, since: later) == nil)
      let again = try rig.book(&event, user, 1)
      try store.remember(key: "k", of: user, booking: again.id, at: ServiceTime(milliseconds: 900))
      #expect(try store.booking(forKey: "k", of: user, since: later)?.booking.id == again.id)
    }
    #expect(
      try rig.store.booking(forKey: "k", of: user, since: ServiceTime(milliseconds: 500))?.booking.quantity
        == 1)
  }

  @Test("old keys are forgotten in steps, young ones stay", arguments: stores)
  func sweeping(_ kind: StoreKind) throws {
    let rig = try StoreRig(kind)
    var event = try rig.makeEvent(capacity: 10)
    let user = try rig.commit { store in
      let user = try store.insert(ada, at: at(1))
      let booking = try rig.book(&event, user, 1)
      for number in 0..<1_500 {
        try store.remember(
          key: "\(number)", of: user, booking: booking.id, at: ServiceTime(milliseconds: 10))
      }
      try store.remember(key: "y", of: user, booking: booking.id, at: ServiceTime(milliseconds: 11))
      return user
    }
    let old = ServiceTime(milliseconds: 10)
    try rig.store.tidy(expired: old)
    #expect(rig.store.isUntidy)
    while rig.store.isUntidy { try rig.store.tidy(expired: old) }
    let since = ServiceTime(milliseconds: 0)
    #expect(try rig.store.booking(forKey: "y", of: user, since: since) != nil)
    #expect(try rig.store.booking(forKey: "7", of: user, since: since) == nil)
    #expect(!rig.store.isTidyingDue)
  }

  @Test("who waits stands in the order of joining, and every change is noted", arguments: stores)
  func waiting(_ kind: StoreKind) throws {
    let rig = try StoreRig(kind)
    let event = try rig.makeEvent(capacity: 1)
    let other = try rig.makeEvent(capacity: 1)
    let bob = Identity.local(7)
    let entries = try rig.commit { store in
      let users = [try store.insert(ada, at: at(1)), try store.insert(bob, at: at(1))]
      let ids = try users.map {
        try store.insertWaiting(event: event.id, user: $0, quantity: 2, type: nil, at: at(4))
      }
      let third = try store.insertWaiting(event: other.id, user: users[0], quantity: 1, type: 1, at: at(5))
      #expect(ids[0] < ids[1] && ids[1] < third)
      return try store.allWaiting()
    }
    #expect(entries.map(\.user) == [ada, bob, ada] && entries.map(\.type) == [nil, nil, 1])
    #expect(entries.map(\.quantity) == [2, 2, 1] && entries[0].joinedAt == at(4))
    #expect(try rig.store.allWaiting() == entries)
    try rig.commit { store in
      let user = try #require(try store.userID(of: ada))
      try store.deleteWaiting(entries[0], .left, at: at(6))
      let again = try store.insertWaiting(event: event.id, user: user, quantity: 1, type: nil, at: at(6))
      #expect(again > entries[2].id)
      try store.deleteWaiting(of: other.id, at: at(7))
    }
    #expect(try rig.store.allWaiting().map(\.user) == [bob, ada])
    let (user, id) = (try rig.store.userID(of: ada)?.rawValue ?? 0, event.id.rawValue)
    let (noted, known) = (try rig.waitingLog(), try rig.store.userID(of: bob)?.rawValue ?? 0)
    #expect(
      noted.map { [$0[0], $0[1], $0[3]] } == [
        [1, id, user], [1, id, known], [1, other.id.rawValue, user], [2, id, -1], [1, id, user],
        [5, other.id.rawValue, -1],
      ])
    #expect(noted[3][2] == entries[0].id && noted[5][2] == -1)
  }

  @Test(
    "local accounts have the number of their row as subject, and one address is one account",
    arguments: stores)
  func accounts(_ kind: StoreKind) throws {
    let rig = try StoreRig(kind)
    let draft = NewUser(email: "Ada@Example.org", name: "Ada", role: .user, passwordHash: "h1")
    let user = try rig.commit { try $0.insert(draft, at: at(8)) }
    #expect(user.subject == Subject(UInt64(user.id.rawValue)) && user.createdAt == at(8))
    let key = EmailKey("ada@example.org")
    #expect(try rig.store.account(key) == Account(user: user, passwordHash: "h1"))
    #expect(try rig.store.account(EmailKey("bob@example.org")) == nil)
    // A number that a token has made a subject is passed over.
    let taken = Identity.local(UInt64(user.id.rawValue) + 1)
    try rig.commit { store in
      _ = try store.insert(Identity(issuer: "x", subject: .text("spends a number")), at: at(1))
    }
    _ = taken
    #expect(throws: StoreFailure.self) { try rig.commit { try $0.insert(draft, at: at(9)) } }
    var changed = user
    changed.role = .admin
    try rig.commit { try $0.save(changed, passwordHash: "h2") }
    #expect(try rig.store.account(key) == Account(user: changed, passwordHash: "h2"))
    #expect(try rig.commit { try $0.setPasswordHash("h3", of: user.id, replacing: "h1") } == false)
    #expect(try rig.commit { try $0.setPasswordHash("h3", of: user.id, replacing: "h2") })
    #expect(try rig.commit { try $0.setPasswordHash("h4", of: user.id, replacing: nil) })
    #expect(try rig.commit { try $0.setPasswordHash("h5", of: UserID(999), replacing: nil) } == false)
    #expect(try rig.store.account(key)?.passwordHash == "h4")
  }

  @Test("people are found by identity, byte by byte, and are disabled and erased", arguments: stores)
  func people(_ kind: StoreKind) throws {
    let rig = try StoreRig(kind)
    let names = ["a", "a\u{0}", "a\u{10FFFF}0", "A", "é", "e\u{301}"]
    let identities = names.map { Identity(issuer: "i", subject: .text($0)) }
    let ids = try rig.commit { store in try identities.map { try store.insert($0, at: at(1)) } }
    #expect(Set(ids).count == names.count)
    for (identity, id) in zip(identities, ids) {
      #expect(try rig.store.userID(of: identity) == id)
      #expect(try rig.store.person(identity)?.identity == identity)
    }
    #expect(try rig.store.person(Identity(issuer: "j", subject: .text("a"))) == nil)
    try rig.commit { store in
      try store.setDisabled(at(5), of: ids[0])
      try store.setRole(.admin, of: ids[1])
    }
    #expect(try rig.store.person(identities[0])?.isDisabled == true)
    #expect(try rig.disabled() == [identities[0]])
    try rig.commit { try $0.setDisabled(nil, of: ids[0]) }
    #expect(try rig.disabled().isEmpty)
    let person = try #require(try rig.store.person(identities[2]))
    try rig.commit { try $0.records.erase(person, at: at(9)) }
    #expect(try rig.store.userID(of: identities[2]) == nil)
    #expect(
      try rig.store.userID(
        of: Identity(issuer: Identity.erasedIssuer, subject: Subject(UInt64(ids[2].rawValue)))) == ids[2])
  }

  @Test("a log-out is kept, the latest counts, and one of everybody counts for each", arguments: stores)
  func logouts(_ kind: StoreKind) throws {
    let rig = try StoreRig(kind)
    try rig.commit { store in
      #expect(try store.logout(of: ada) == nil)
      try store.logOut(ada, before: at(50))
      try store.logOut(ada, before: at(40))
      try store.logOut(.local(3), before: at(7))
    }
    #expect(try rig.store.logout(of: ada) == at(50))
    #expect(try rig.logouts() == [ada: at(50), .local(3): at(7)])
    try rig.commit { try $0.logOut(.everybody(of: ada.issuer), before: at(60)) }
    #expect(try rig.store.logout(of: ada) == at(60))
    #expect(try rig.store.logout(of: Identity(issuer: ada.issuer, subject: .text("new"))) == at(60))
  }

  @Test(
    "service tokens come back, expire and are revoked; seals have no gap; actions are noted",
    arguments: stores)
  func records(_ kind: StoreKind) throws {
    let rig = try StoreRig(kind)
    var draft = ServiceToken(
      id: 0, jti: "j", name: "Ünï", scopes: [.feedRead, .bookingsConfirm], createdAt: at(5), expiresAt: at(50)
    )
    let first = try rig.commit { try $0.records.insert(draft) }
    (draft.jti, draft.expiresAt) = ("k", at(60))
    let second = try rig.commit { try $0.records.insert(draft) }
    #expect(try rig.commit { try $0.records.serviceTokens(at: at(49)) } == [first, second])
    #expect(try rig.commit { try $0.records.serviceTokens(at: at(50)) } == [second])
    #expect(try rig.commit { try $0.records.deleteServiceToken(second.id) } == second)
    #expect(try rig.commit { try $0.records.deleteServiceToken(second.id) } == nil)

    let address = ClientAddress(upper: 0, lower: 0xFFFF_C000_0207)
    try rig.commit { store in
      try store.records.append(
        AuditEntry(actor: .identity(.local(1)), address: address, action: .loginFailure), at: at(10))
      try store.records.append(AuditEntry(actor: .commandLine, action: .eventCreate), at: at(20))
    }
    #expect(try rig.audit() == [["login.failure", "1", "192.0.2.7"], ["event.create", "cli", nil]])
    #expect(try rig.store.records.forgetAudit(before: at(15)) == false)
    #expect(try rig.audit() == [["event.create", "cli", nil]])
  }

  @Test("a probe leaves nothing, and service time never goes back", arguments: stores)
  func probe(_ kind: StoreKind) throws {
    let rig = try StoreRig(kind)
    try rig.store.probe()
    try rig.store.verify()
    try rig.store.makeRoom()
    let before = try rig.store.serviceTime()
    try rig.store.save(ServiceTime(milliseconds: before.milliseconds + 5))
    #expect(try rig.store.serviceTime() >= before)
    #expect(try rig.store.forgetFeed(before: at(0)) == false)
  }
}
