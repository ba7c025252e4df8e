import TestSupport
import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

/// Notices that look like their neighbours.
private func similar(_ range: ClosedRange<UInt64>) -> [Notice] {
  range.map {
    Notice(seq: $0, text: Array("one of many notices about a topic, and its number is \($0)".utf8))
  }
}

/// Both feeds of a topic with their slab.
private final class DeflatedFixture {
  let feeds: DeflatedFeeds
  var slab = Subscriptions()
  let compressor = Compressor()
  let counters = LoopCounters()
  var head: UInt64
  var readers = DeflatedFeeds.Readers(standalone: true, shared: true)

  init(head: UInt64 = 0) {
    self.head = head
    feeds = DeflatedFeeds(head: head, limits: Limits())
    #expect(compressor.prepare())
  }

  func join(_ slot: UInt32, keepsWindow: Bool = true) -> SubscriptionIndex {
    let index = SubscriptionIndex(
      slab.insert(
        Subscription(
          place: .lagging(cursor: head), dialect: .standalone, keepsWindow: keepsWindow, slot: slot, topic: 0,
          next: .none)))
    feeds.standalone.join(index, descriptor: Int32(slot) + 100, in: &slab)
    return index
  }

  func append(_ count: UInt64, follows: Bool = true, skipping: UInt64 = 0, frames: Int = 256) {
    let first = head + 1 + skipping
    head = first + count - 1
    let run = FrameRun(
      TopicUpdate(
        topic: TopicID(1), notices: similar(first...head),
        summary: FakeTopics.summary(TopicID(1), head)))
    feeds.append(
      run, follows: follows && skipping == 0, for: readers, room: LogRoom(frames: frames, bytes: 1 << 20),
      by: compressor, counters)
  }

  /// Brings a cohort of the standalone feed to the head.
  func settle() -> Int? {
    guard let number = feeds.standalone.nextBehind() else { return nil }
    feeds.standalone.settle(number, at: 7)
    return number
  }

  func texts(_ log: TopicLog, after cursor: UInt64, _ peer: PeerDeflate) -> [String]? {
    guard let range = log.range(after: cursor) else { return nil }
    var frames = ServerFrames()
    frames.peer = peer
    let read = frames.take(Array(log.bytes[range]))
    return frames.offence == nil ? read.map { if case .text(let text) = $0 { text } else { "" } } : nil
  }
}

@Suite struct DeflatedFeedsTests {
  private func plain(_ range: ClosedRange<UInt64>) -> [String] {
    similar(range).map { String(decoding: $0.text, as: UTF8.self) }
  }

  @Test("both logs hold every notice; the shared one continues what a client has read")
  func logs() throws {
    let fixture = DeflatedFixture()
    for count in [1, 3, 2] as [UInt64] { fixture.append(count) }
    let peer = try PeerDeflate(agreed: "permessage-deflate")
    #expect(fixture.texts(fixture.feeds.standalone.log, after: 0, peer) == plain(1...6))
    fixture.append(2)
    #expect(fixture.texts(fixture.feeds.shared.log, after: 6, peer) == plain(7...8))
    let late = try PeerDeflate(agreed: "permessage-deflate")
    #expect(fixture.texts(fixture.feeds.shared.log, after: 6, late) != plain(7...8))
    #expect(fixture.feeds.logBytes > 0)
  }

  @Test("a run behind a hole, or longer than the log, is compressed as far as the log keeps it")
  func holes() throws {
    let fixture = DeflatedFixture()
    fixture.append(2)
    fixture.append(2, skipping: 3)
    #expect(fixture.feeds.shared.log.first == 6)
    let peer = try PeerDeflate(agreed: "permessage-deflate")
    #expect(
      fixture.texts(fixture.feeds.shared.log, after: 5, peer) == plain(6...7), "nobody has what is before it")
    let made = fixture.counters.own.framesDeflated
    fixture.append(9, frames: 4)
    #expect(fixture.counters.own.framesDeflated - made == 8)
    #expect(fixture.feeds.standalone.log.first == 13 && fixture.feeds.shared.log.first == 13)
    let other = try PeerDeflate(agreed: "permessage-deflate")
    #expect(fixture.texts(fixture.feeds.standalone.log, after: 12, other) == plain(13...16))
  }

  @Test("what nobody reads is not compressed")
  func lazy() {
    let fixture = DeflatedFixture()
    fixture.readers = DeflatedFeeds.Readers(standalone: false, shared: false)
    fixture.append(5)
    #expect(fixture.counters.own.framesDeflated == 0)
    #expect(fixture.feeds.logBytes == 0 && !fixture.feeds.isBehind)
    #expect(fixture.feeds.shared.log.head == 5 && fixture.feeds.standalone.log.head == 5)
    fixture.readers = DeflatedFeeds.Readers(standalone: false, shared: true)
    fixture.append(2)
    #expect(fixture.counters.own.framesDeflated == 2)
    #expect(fixture.feeds.standalone.log.bytes.isEmpty && fixture.feeds.shared.log.count == 2)
  }

  @Test("at the head a cohort goes on in the shared feed, but for those that cannot")
  func promotes() {
    let fixture = DeflatedFixture()
    let joined = [fixture.join(0), fixture.join(1, keepsWindow: false), fixture.join(2), fixture.join(3)]
    fixture.append(1)
    guard let number = fixture.settle() else {
      Issue.record("no cohort behind")
      return
    }
    let moved = fixture.feeds.promote(number, in: &fixture.slab) { $0 != 3 }
    #expect(moved == 2)
    #expect(joined.map { fixture.slab[$0.rawValue].dialect } == [.shared, .standalone, .shared, .standalone])
    #expect(fixture.feeds.shared.count == 2 && fixture.feeds.standalone.count == 2)
    #expect(!fixture.feeds.standalone.cohorts[number].hasCandidates)
    #expect(fixture.feeds.shared.cohorts[0].sentAt == 7)
    #expect(Set(fixture.feeds.shared.cohorts[0].descriptors) == [100, 102])
    // Nobody is asked again until somebody may have become one that can.
    fixture.append(1)
    let again = fixture.settle().map { fixture.feeds.promote($0, in: &fixture.slab) { _ in true } }
    #expect(again == 0)
    #expect(fixture.feeds.standalone.brokenInvariants(limit: 256) == [])
    #expect(fixture.feeds.shared.brokenInvariants(limit: 256) == [])
  }

  @Test("a cohort that was sent something plain goes back as a whole")
  func demotes() {
    let fixture = DeflatedFixture()
    let joined = (0..<5).map { fixture.join($0) }
    fixture.append(1)
    if let number = fixture.settle() { _ = fixture.feeds.promote(number, in: &fixture.slab) { _ in true } }
    #expect(fixture.feeds.shared.count == 5)
    #expect(fixture.feeds.demote(0, in: &fixture.slab) == 5)
    #expect(fixture.feeds.shared.count == 0 && fixture.feeds.standalone.count == 5)
    #expect(joined.allSatisfy { fixture.slab[$0.rawValue].dialect == .standalone })
    #expect(fixture.feeds.standalone.cohorts.contains { $0.hasCandidates })
    for index in joined {
      guard case .cohort(let cohort, let position) = fixture.slab[index.rawValue].place else {
        Issue.record("no place")
        continue
      }
      #expect(fixture.feeds.standalone.cohorts[Int(cohort)].members[Int(position)] == index)
    }
  }
}
