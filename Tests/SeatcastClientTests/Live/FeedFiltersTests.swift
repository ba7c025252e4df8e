import Testing

@testable import SeatcastClient

private func live(_ seq: UInt64, epoch: String = "e", recovered: Bool? = nil, seats: Int? = nil) -> FeedEvent
{
  .live(
    seq: seq, epoch: epoch, recovered: recovered,
    count: seats.map { SeatCount(availableSeats: $0, seatCapacity: 10, types: []) }, state: nil, at: 0)
}

private func change(_ seq: UInt64, from: UInt64? = nil, seats: Int = 1) -> FeedEvent {
  .notice(
    Notice(
      kind: .seatUpdate, eventID: 1, seq: seq, fromSeq: from ?? seq,
      count: SeatCount(availableSeats: seats, seatCapacity: 10, types: []), state: nil, bookingID: nil,
      userID: nil, quantity: nil, committedAt: 0), at: 0)
}

@Suite("FeedFilters")
struct FeedFiltersTests {
  @Test("Each change comes once, and what is missing is declared by the next")
  func filter() {
    var filter = NoticeFilter()
    let events = [
      live(3, seats: 5), change(4), change(4), change(3), change(6), live(6, recovered: true),
      change(9, from: 7),
      live(20, recovered: false, seats: 2), live(4, epoch: "f", recovered: false, seats: 2), change(5),
    ]
    let passed = events.compactMap { filter.pass($0, of: 1) }.map { [$0.fromSeq, $0.seq] }
    #expect(passed == [[4, 4], [5, 6], [7, 9], [10, 20], [1, 4], [5, 5]])
  }

  @Test("A snapshot keeps the newest counts and tells when they may be old")
  func snapshots() {
    var builder = SnapshotBuilder()
    #expect(builder.apply(.lost(.connection("x"), retryIn: .zero), of: 1) == nil)
    #expect(builder.apply(live(3, seats: 5), of: 1)?.count.availableSeats == 5)
    #expect(builder.apply(change(4, seats: 4), of: 1)?.seq == 4)
    #expect(builder.apply(change(4, seats: 9), of: 1) == nil)
    let stale = builder.apply(.lost(.connection("x"), retryIn: .zero), of: 1)
    #expect(stale?.isLive == false && stale?.count.availableSeats == 4)
    #expect(builder.apply(live(4, recovered: true), of: 1)?.isLive == true)
  }

  @Test("Notices that are conflated stand for all of them")
  func conflates() throws {
    var filter = NoticeFilter()
    _ = filter.pass(live(1, seats: 3), of: 1)
    let notices = [change(2, seats: 3), change(3, seats: 2), change(4, seats: 1)].compactMap {
      filter.pass($0, of: 1)
    }
    let one = Notice.conflating(notices)
    #expect(one.fromSeq == 2 && one.seq == 4 && one.count.availableSeats == 1 && one.standsForMany)
  }
}
