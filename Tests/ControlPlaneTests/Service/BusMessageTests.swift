import TestSupport
import Testing

@testable import ControlPlane

@Suite("Messages between nodes")
struct BusMessageTests {
  private let codec = BusCodec(secret: Array("secret".utf8), epoch: "e1")

  private static var message: BusMessage {
    let at = Instant(milliseconds: 1_700_000_000_123)
    var event = Event(
      id: EventID(17), name: "Ärger \"im\" Theater\n", description: "…", venue: "", startsAt: at,
      opensAt: nil, closesAt: at, status: .paused, shown: .paused, seatCapacity: 90, sold: 3, held: 2,
      maxPerBooking: 4, maxPerUser: 5, holdSeconds: 6, holdExtensionSeconds: 7,
      types: [
        TicketType(id: 1, name: "A", capacity: 8, maxPerBooking: 2, maxPerUser: 1, opensAt: at, sold: 3),
        TicketType(id: 4, name: "B", closesAt: at, held: 2),
      ], nextType: 5, seq: 12, version: 3, createdAt: at, updatedAt: at)
    event.shown = .paused
    let name = PublicBookingID(code: 1 << 39)
    let facts = name.map {
      Notice.BookingFacts(booking: $0, user: Subject("auth0|x") ?? Subject(1), quantity: 2, type: 4)
    }
    let changes: [Notice.Change] = [
      facts.map { .bookingCreated($0) } ?? .capacityChanged,
      name.map { .bookingCancelled(.init(booking: $0, user: Subject(9), quantity: 1)) } ?? .capacityChanged,
      .capacityChanged, .eventUpdated(EventDetails(event, status: .paused)),
    ]
    let notices = changes.enumerated().map { index, change in
      Notice(
        event: event.id, seq: 9 + UInt64(index), change: change, availableSeats: 80 + index, seatCapacity: 90,
        types: index == 1 ? [] : event.typeAvailability, at: at)
    }
    return BusMessage(revision: 99, event: event, notices: notices, waitingChanged: true)
  }

  @Test("what is written is read again, member by member")
  func roundTrip() throws {
    var message = Self.message
    #expect(message.event.seq == message.notices.last?.seq)
    #expect(codec.read(try #require(codec.bytes(of: message))) == .message(message))
    message.notices = []
    message.waitingChanged = false
    #expect(codec.read(try #require(codec.bytes(of: message))) == .message(message))
  }

  @Test("another version, another cluster's and a damaged message wake up at most")
  func strangers() throws {
    let bytes = try #require(codec.bytes(of: Self.message))
    for other in [BusCodec(secret: [1], epoch: "e1"), BusCodec(secret: Array("secret".utf8), epoch: "e2")] {
      #expect(other.read(bytes) == .wakeUp(EventID(17)))
    }
    #expect(codec.read(Array("2 17 whatever comes then\n\u{0}\u{1}".utf8)) == .wakeUp(EventID(17)))
    #expect(codec.read(Array("2 17\n".utf8)) == .wakeUp(EventID(17)))
    for text in ["", "\n", "1 17", "x 17\n", "1 0\n", "1 -3\n", " 1 17\n", "01 17\n"] {
      #expect(codec.read(Array(text.utf8)) == nil)
    }
    let long = [UInt8](repeating: UInt8(ascii: "1"), count: 200)
    #expect(codec.read(long + Array(" 17\n".utf8)) == nil)
  }

  @Test("no damage is taken for a message", arguments: Seeds.ofThisRun(usual: 8))
  func damage(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let bytes = try #require(codec.bytes(of: Self.message))
    for _ in 0..<300 {
      var damaged = bytes
      switch Int.random(in: 0..<4, using: &random) {
      case 0:
        damaged[Int.random(in: 0..<bytes.count, using: &random)] ^=
          1 << UInt8.random(in: 0..<8, using: &random)
      case 1: damaged.removeLast(Int.random(in: 1...bytes.count, using: &random))
      case 2:
        damaged.insert(
          UInt8.random(in: 0...255, using: &random), at: Int.random(in: 0..<bytes.count, using: &random))
      default: damaged = random.bytes(Int.random(in: 0..<300, using: &random))
      }
      guard damaged != bytes, case .message? = codec.read(damaged) else { continue }
      Issue.record("a damaged message was read: \(String(decoding: damaged, as: UTF8.self))")
    }
  }

  /// What a node of this cluster would never write, under a code that is right.
  @Test("what cannot be true is not read, whoever wrote it")
  func untrue() throws {
    var oversold = Self.message
    oversold.event.sold = 90
    var gap = Self.message
    gap.notices.remove(at: 1)
    var behind = Self.message
    behind.notices.removeLast()
    var backwards = Self.message
    backwards.notices.reverse()
    var none = Self.message
    none.revision = 0
    for message in [oversold, gap, behind, backwards, none] {
      #expect(codec.read(try #require(codec.bytes(of: message))) == .wakeUp(EventID(17)))
    }
  }

  @Test("what is too long is not sent")
  func bound() throws {
    var message = Self.message
    message.event.description = String(repeating: "x", count: BusCodec.mostBytes)
    #expect(codec.bytes(of: message) == nil)
    message.event.description = String(repeating: "x", count: BusCodec.mostBytes - 4_096)
    #expect(codec.read(try #require(codec.bytes(of: message))) == .message(message))
  }
}
