import TestSupport
import Testing

@testable import FanoutCore

@Suite struct ConnectionRecordTests {
  private var full: ConnectionRecord {
    var record = ConnectionRecord(kind: .webSocket, peer: PeerAddress(upper: 1 << 63, lower: 7))
    (record.client, record.credential) = (ClientTag(id: .max), Credential(9))
    (record.endsAt, record.isWarned, record.isPrivileged) = (-5, true, true)
    (record.quiet, record.isPinged, record.isNew) = (44_000, true, true)
    record.counted = ConnectionRecord.Counted(isForClient: true, key: 99)
    record.topics = [TopicID(5), TopicID(-5)]
    record.compression = .shared
    record.pace = Pace(1) ?? .all
    (record.input, record.output) = ([1, 2, 3], Array(repeating: 7, count: 70_000))
    record.interests = [
      .init(topic: TopicID(-4), resume: .after(12), greeting: .given),
      .init(topic: TopicID(5), resume: .none, greeting: .connected),
      .init(topic: TopicID(6), resume: .impossible, greeting: .subscribed),
    ]
    return record
  }

  @Test("a ConnectionRecord is read as it was written")
  func roundTrip() {
    #expect(ConnectionRecord(full.bytes) == full)
    var idle = ConnectionRecord(kind: .http, peer: PeerAddress(ipv4: 1))
    idle.patience = 75_000
    #expect(ConnectionRecord(idle.bytes) == idle)
    let stream = ConnectionRecord(kind: .eventStream, peer: PeerAddress(ipv4: 1))
    #expect(ConnectionRecord(stream.bytes) == stream)
  }

  @Test("an unknown field is passed over, and an essential one refused")
  func unknown() {
    var extra = FieldWriter()
    extra.add(77, "something new")
    #expect(ConnectionRecord(full.bytes + extra.bytes) == full)
    var essential = FieldWriter()
    essential.add(255, "nobody can do without it")
    #expect(ConnectionRecord(full.bytes + essential.bytes) == nil)
    var compression = FieldWriter()
    compression.add(129, 3)
    #expect(ConnectionRecord(full.bytes + compression.bytes) == nil, "no such agreement")
  }

  @Test("bytes that were changed or cut are no crash")
  func hostile() {
    var random = SeededRandom(seed: 11)
    let bytes = full.bytes.prefix(2_000)
    for _ in 0..<2_000 {
      var broken = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
      for _ in 0..<4 where !broken.isEmpty {
        broken[Int.random(in: 0..<broken.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      if let record = ConnectionRecord(broken) { #expect(ConnectionRecord(record.bytes) == record) }
    }
  }
}
