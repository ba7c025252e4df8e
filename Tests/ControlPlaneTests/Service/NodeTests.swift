import Testing

@testable import ControlPlane

@Suite("What a batch needs of a shared store")
struct NodeTests {
  @Test("of the identities and keys of a batch, and of whose bookings are changed, the store is told at once")
  func needs() throws {
    let event = EventID(3)
    let name = try #require(PublicBookingID(code: 5))
    let owner = BookingActor(user: .local(2), role: .user)
    var service = BookingActor(user: .local(4), role: .user)
    service.isService = true
    let entry = AuditEntry(actor: .commandLine, action: .eventChange)
    let needs = BatchNeeds([
      .createBooking(CreateBooking(event, 1, 1, "k"), .call { _ in }),
      .cancelBooking(CancelBooking(booking: name, by: owner), .call { _ in }),
      .changeHold(ChangeHold(booking: name, by: service, kind: .confirm), .call { _ in }),
      .leaveWaitlist(EventID(4), .local(5), .call { _ in }),
      .audited(entry, .patchEvent(PatchEvent(event: EventID(6), patch: EventPatch()), .call { _ in })),
      .audited(entry, .erasePerson(Erasure(target: .local(8), by: .local(9)), .call { _ in })),
      .watch(EventID(7), Watcher(1)),
    ])
    var expected = BatchNeeds()
    expected.events = [event, EventID(4), EventID(6)]
    expected.bookings = [name]
    expected.keys = [.init(key: "k", identity: .local(1))]
    expected.identities = [.local(1), .local(2)]
    expected.erased = [.local(8)]
    #expect(needs == expected)
  }

  @Test("watching, copies and what others tell need no transaction; everything else does")
  func needsStore() {
    #expect(!LedgerCommand.watch(EventID(1), Watcher(1)).needsStore)
    #expect(!LedgerCommand.unwatch(EventID(1), Watcher(1)).needsStore)
    #expect(!LedgerCommand.followed(ForeignNews()).needsStore)
    #expect(!LedgerCommand.heard(.wakeUp(EventID(1))).needsStore)
    #expect(!LedgerCommand.backUp(BackupOrder(path: "x") { _ in }).needsStore)
    #expect(LedgerCommand.logOut(.local(1), .call { _ in }).needsStore)
    #expect(LedgerCommand.note(AuditEntry(actor: .commandLine, action: .eventChange)).needsStore)
  }
}
