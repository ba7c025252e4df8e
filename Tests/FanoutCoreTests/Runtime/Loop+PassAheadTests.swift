import TestSupport
import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

/// What a loop sends of its connections before it stands still.
@Suite struct LoopPassAheadTests {
  @Test("of those that went ahead only the change is sent, and they go on like all others")
  func goesAhead() {
    let (old, new) = (LoopRig(), LoopRig())
    for rig in [old, new] { rig.topics.create(5, head: 7) }
    let clients = old.subscribers(ConnectionBatch.most + 10)
    _ = old.connect()
    old.settle()
    let link = old.handOver(
      then: .leave,
      ahead: {
        old.publish(5)
        old.settle()
      }
    ).link
    for client in clients { #expect(client.texts() == ["connected 5 s 5 7", "n 5 8"]) }
    #expect(link.changes == clients.count && link.replacements == 0)
    #expect(link.batches == [1], "the HTTP connection did not go ahead")
    #expect(link.ahead.allSatisfy { $0 == nil })
    #expect(Set(link.descriptors).count == clients.count + 1)
    new.topics.create(5, head: 9)
    let adopted = new.adopt(link.records.filter { $0.kind == .webSocket })
    new.settle()
    new.publish(5)
    new.settle()
    for client in adopted { #expect(client.texts() == ["n 5 9", "n 5 10"]) }
    #expect(old.faults() + new.faults() == [])
  }

  @Test("what was sent ahead and what has changed make the record that would be sent without")
  func sameRecord() {
    let rig = LoopRig()
    for topic: Int64 in 5...7 { rig.topics.create(topic, head: 3) }
    let quiet = rig.webSocket("/ws/5")
    let more = rig.webSocket("/ws/5")
    more.say("sub 6")
    let stream = rig.connect()
    stream.write("GET /stream/5 HTTP/1.1\r\nHost: here\r\n\r\n")
    let half = rig.webSocket("/ws/5")
    let slow = rig.webSocket("/ws/5", capacity: 200)
    let fewer = rig.webSocket("/ws/5")
    rig.settle()
    rig.topics.pad(150)
    var expected: [ConnectionRecord] = []
    let link = rig.handOver(
      then: .leave,
      ahead: {
        half.socket.write(Array(ClientFrames.text("echo me").prefix(9)))
        fewer.say("unsub 5")
        more.say("sub 7")
        rig.publish(5, 3)
        rig.io.advance(by: 40)
        rig.settle()
        for slot in rig.loop.connections.indices {
          guard var record = rig.loop.connections.record(slot) else { continue }
          record.interests = rig.loop.subscribers.interests(of: slot)
          expected.append(record)
        }
      }
    ).link
    // The loop has looked at the clock again since.
    for index in expected.indices { expected[index].quiet += 1 }
    let key = { (record: ConnectionRecord) in record.bytes.map(String.init).joined(separator: ",") }
    #expect(expected.count == 6)
    #expect(link.records.map(key).sorted() == expected.map(key).sorted())
    #expect(link.replacements == 4 && link.changes == 2)
    #expect(!slow.socket.isEnded && !quiet.socket.isEnded, "the other process goes on with them")
    #expect(rig.faults() == [])
  }

  @Test("a connection that ends after it went ahead ends for its peer at once, and does not go over")
  func endsAfterwards() {
    let rig = LoopRig()
    rig.topics.create(5)
    let clients = rig.subscribers(3)
    let link = rig.handOver(
      then: .leave,
      ahead: {
        clients[0].socket.end()
        rig.settle()
        #expect(clients[0].socket.isEnded, "our direction ends, although the other process has the socket")
        #expect(!clients[0].socket.isOpen)
        // Its slot is another's, which did not go ahead.
        _ = rig.subscribers(1)
      }
    ).link
    #expect(link.changes == 2 && link.batches == [1])
    #expect(link.ahead.count == 3 && link.ahead.count { $0 != nil } == 1)
    // What the other process goes on with is not ended here.
    #expect(!clients[1].socket.isEnded)
    #expect(rig.faults() == [])
  }

  @Test("when nothing comes of it those that went ahead are served on, and may go ahead again")
  func aheadForNothing() {
    let rig = LoopRig()
    rig.topics.create(5)
    let clients = rig.subscribers(2)
    let (task, _) = rig.handOver(then: .goOn, fails: true, ahead: {})
    #expect(task.step == .failed)
    let other = HandoverTask(loop: 0, patience: 0) { LinkKept() }
    rig.loop.passAhead(other)
    #expect(other.ahead == .complete)
    other.give(.goOn)
    rig.loop.passAhead(other)
    #expect(rig.loop.connections.ahead == nil)
    rig.publish(5)
    rig.settle()
    let link = rig.handOver(then: .leave, ahead: {}).link
    #expect(link.changes == 2)
    for client in clients { #expect(client.texts() == ["connected 5 s 5 0", "n 5 1"]) }
    #expect(rig.faults() == [])
  }

  @Test("nothing goes ahead while the other process is behind, without it, or of connections that speak TLS")
  func aheadWaits() {
    let rig = LoopRig()
    rig.topics.create(5)
    _ = rig.subscribers(2)
    let link = LinkKept()
    link.isFull = true
    let task = HandoverTask(loop: 0, patience: 0) { link }
    rig.loop.passAhead(task)
    #expect(task.ahead == .ready && link.ahead.isEmpty)
    link.isFull = false
    rig.loop.passAhead(task)
    #expect(task.ahead == .complete && link.ahead.count == 2)
    link.fails = true
    rig.loop.passAhead(task)
    #expect(task.ahead == .failed)
    let nowhere = HandoverTask(loop: 0, patience: 0) { nil }
    rig.loop.passAhead(nowhere)
    #expect(nowhere.ahead == .failed)
    rig.io.passesConnections = false
    let secure = HandoverTask(loop: 0, patience: 0) { nil }
    rig.loop.passAhead(secure)
    #expect(secure.ahead == .complete)
    #expect(rig.faults() == [])
  }
}
