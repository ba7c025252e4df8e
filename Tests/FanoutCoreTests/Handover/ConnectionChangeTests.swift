import TestSupport
import Testing

@testable import FanoutCore

@Suite struct ConnectionChangeTests {
  private var sent: ConnectionRecord {
    var record = ConnectionRecord(kind: .webSocket, peer: PeerAddress(ipv4: 7))
    (record.client, record.credential, record.endsAt) = (ClientTag(id: 8), Credential(9), 10)
    record.quiet = 11
    record.topics = [TopicID(5), TopicID(6)]
    record.interests = [
      .init(topic: TopicID(5), resume: .none, greeting: .connected),
      .init(topic: TopicID(6), resume: .after(3), greeting: .given),
    ]
    return record
  }

  /// The same connection later.
  private func later(
    _ cursors: [UInt64] = [4, 1 << 40], _ change: (inout ConnectionRecord) -> Void = { _ in }
  )
    -> ConnectionRecord
  {
    var record = sent
    for (index, cursor) in cursors.enumerated() {
      record.interests[index].resume = .after(cursor)
      record.interests[index].greeting = .given
    }
    (record.quiet, record.isPinged) = (1 << 35, true)
    change(&record)
    return record
  }

  @Test("a ConnectionChange makes of the record that was sent ahead the one that would be sent now")
  func applies() throws {
    var now = later()
    let change = try #require(ConnectionChange(2, from: sent, to: &now))
    #expect(now == later(), "it is as it was")
    #expect(change == ConnectionChange(number: 2, quiet: 1 << 35, isPinged: true, cursors: [4, 1 << 40]))
    var record = sent
    #expect(change.apply(to: &record))
    #expect(record == later())
    record.interests.removeLast()
    #expect(!change.apply(to: &record), "the change of another connection")
  }

  @Test("what is more than a change tells is none")
  func more() {
    let changes: [(inout ConnectionRecord) -> Void] = [
      { $0.credential = Credential(1) }, { $0.endsAt = 11 }, { $0.isWarned = true }, { $0.input = [1] },
      { $0.output = [1] }, { $0.client = .anonymous }, { $0.interests.removeLast() },
      { $0.interests.swapAt(0, 1) }, { $0.interests[1].resume = .impossible },
      { $0.interests[1].greeting = .subscribed },
    ]
    for change in changes {
      var now = later([4, 5], change)
      #expect(ConnectionChange(0, from: sent, to: &now) == nil)
      #expect(now == later([4, 5], change), "it is as it was")
    }
    var many = sent
    many.interests = Array(repeating: many.interests[1], count: ConnectionChange.mostCursors + 1)
    var same = many
    #expect(ConnectionChange(0, from: many, to: &same) == nil)
    many.interests.removeLast()
    same = many
    #expect(ConnectionChange(0, from: many, to: &same) != nil)
  }

  @Test("packed changes are read in order, and what is cut is refused")
  func packed() {
    let changes = (0..<5).map { number in
      ConnectionChange(
        number: number * 70_000, quiet: UInt64(number), isPinged: number % 2 == 0,
        cursors: (0..<UInt64(number)).map { $0 << 33 })
    }
    var bytes: [UInt8] = []
    for change in changes { change.append(to: &bytes) }
    var read: [ConnectionChange] = []
    let isRead = ConnectionChange.read(bytes[...]) { change in
      read.append(change)
      return true
    }
    #expect(isRead && read == changes)
    #expect(!ConnectionChange.read(bytes.dropLast()) { _ in true })
    #expect(!ConnectionChange.read((bytes + [1])[...]) { _ in true })
    #expect(!ConnectionChange.read(bytes[...]) { _ in false })
    #expect(ConnectionChange.read([]) { _ in false })
  }

  @Test("bytes of any kind are no crash")
  func hostile() {
    var random = SeededRandom(seed: 4)
    for _ in 0..<2_000 {
      let bytes = (0..<Int.random(in: 0...80, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      _ = ConnectionChange.read(bytes[...]) { $0.cursors.count <= ConnectionChange.mostCursors }
    }
  }
}
