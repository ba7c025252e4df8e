import TestSupport
import Testing

@testable import ControlPlane

@Suite("Rows")
struct RowsTests {
  private let folder: TemporaryFolder
  private let connection: Connection
  private let cipher = BookingIDCipher(key: 5)

  init() throws {
    folder = try TemporaryFolder()
    connection = try Connection(folder.path + "/test.db", .writer)
  }

  private func row<Result>(_ columns: String, _ decode: (Row) -> Result) throws -> Result? {
    try Statement(connection, "SELECT \(columns)").first([], decode)
  }

  @Test("an event's values stand in the order of its columns")
  func event() throws {
    let at = { Instant(milliseconds: $0) }
    let event = Event(
      id: EventID(1), name: "n", description: "d", venue: "v", startsAt: at(2), opensAt: at(3),
      closesAt: at(4), status: .cancelled, shown: .cancelled, seatCapacity: 50, sold: 6, held: 7,
      maxPerBooking: 8,
      maxPerUser: 9, holdSeconds: 10, holdExtensionSeconds: 15, seq: 11, version: 12, createdAt: at(13),
      updatedAt: at(14))
    let places = Array(repeating: "?", count: 23).joined(separator: ",")
    let select = try Statement(connection, "SELECT \(places)")
    #expect(try select.first([.int(1)] + EventRow.values(event), EventRow.decode) == event)
    #expect(EventRow.columns.split(separator: ",").count == 23)
  }

  @Test("an event whose numbers contradict each other was not written by this server")
  func contradictions() {
    var event = Event(
      id: EventID(1), name: "n", seatCapacity: 50, sold: 20, held: 30, createdAt: Instant(milliseconds: 1),
      updatedAt: Instant(milliseconds: 1))
    event.types = [
      TicketType(id: 1, name: "t", capacity: 20, sold: 10, held: 10), TicketType(id: 2, name: "u"),
    ]
    #expect(EventRow.isSound(event))
    let changes: [(inout Event) -> Void] = [
      { $0.sold = 21 }, { $0.held = 31 }, { $0.sold = -1 }, { $0.held = .max }, { $0.seatCapacity = -1 },
      { $0.maxPerBooking = 0 }, { $0.holdSeconds = -1 }, { $0.types[0].sold = 11 }, { $0.types[1].held = 51 },
      { $0.opensAt = Instant(milliseconds: 1 << 53) },
    ]
    for (number, change) in changes.enumerated() {
      var other = event
      change(&other)
      #expect(!EventRow.isSound(other), "change \(number)")
    }
  }

  @Test("numbers that are too large for a sum are cut to what none of ours exceeds")
  func hugeNumbers() throws {
    #expect(try row("9223372036854775807") { $0.number(0) } == 1 << 53)
    #expect(try row("9223372036854775807") { $0.instant(0) }?.milliseconds == 1 << 53)
    #expect(try row("9223372036854775807") { $0.int64(0) } == .max, "identifiers are what they are")
    #expect(try row("-9223372036854775808") { $0.int(0) } == -(1 << 53))
    #expect(try row("-5") { $0.uint64(0) } == 0)
  }

  @Test("a booking is cancelled when it says when, and has the seq of its last change")
  func booking() throws {
    let confirmed = try #require(
      try row("1, 2, 3, 4, 5, 6, NULL, NULL, 9, '3', 1, NULL, 0, NULL") { BookingRow.decode($0, cipher) }
        ?? nil)
    #expect(confirmed.booking.status == .confirmed)
    #expect(confirmed.seq == 6)
    #expect(confirmed.availableSeats == 9)
    let cancelled = try #require(
      try row("1, 2, 3, 4, 5, 6, 7, 8, 9, '3', 3, NULL, 0, NULL") { BookingRow.decode($0, cipher) } ?? nil)
    #expect(cancelled.booking.status == .cancelled)
    #expect(cancelled.booking.cancelledAt == Instant(milliseconds: 7))
    #expect(cancelled.seq == 8)
  }

  @Test("numbers that no booking can have are no booking, not a crash")
  func foreignNumbers() throws {
    for id in ["0", "-1", "1099511627776"] {
      #expect(
        try row("\(id), 2, 3, 4, 5, 6, NULL, NULL, 9, '3', 1, NULL, 0, NULL") {
          BookingRow.decode($0, cipher)
        }
          == .some(nil))
      #expect(try row("1, 2, 1, 4, 5, 6, \(id), '8', 9") { NoticeRow.decode($0, cipher) } == .some(nil))
    }
  }

  @Test("a change by an admin is an update when it has details")
  func update() throws {
    let notice = try #require(
      try row("1, 2, 3, 4, 5, 6, NULL, NULL, NULL, 'deleted', 'N', NULL, 8, 9, 10, NULL, NULL") {
        NoticeRow.decode($0, cipher)
      } ?? nil)
    #expect(
      notice.change
        == .eventUpdated(
          EventDetails(
            status: .deleted, name: "N", startsAt: nil, opensAt: Instant(milliseconds: 8),
            closesAt: Instant(milliseconds: 9), maxPerBooking: 10)))
  }

  @Test("a change of capacity has no booking")
  func capacity() throws {
    let notice = try #require(
      try row("1, 2, 3, 4, 5, 6, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL") {
        NoticeRow.decode($0, cipher)
      } ?? nil)
    #expect(notice.change == .capacityChanged)
    #expect(notice.seq == 2)
  }

  @Test("an unknown role is an ordinary user, an unknown status does not sell")
  func unknownWords() throws {
    let account = try row("1, '7', 'e', 'n', 'emperor', 5, 'h'", AccountRow.decode)
    #expect(account?.user.role == .user)
    let event = try row(
      "1, '', '', '', NULL, NULL, NULL, 'odd', 1, 0, 0, 1, 0, 0, 0, 1, 0, 0", EventRow.decode)
    #expect(event?.status == .closed)
  }
}
