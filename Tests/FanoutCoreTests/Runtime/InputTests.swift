import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite struct InputTests {
  private func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: here\r\n\r\n" }

  @Test("a burst of pipelined requests is taken in pieces, and others are served in between")
  func pipelinedBurst() {
    let rig = LoopRig()
    let greedy = rig.connect()
    let other = rig.connect()
    greedy.write(String(repeating: get("/small"), count: 100))
    rig.turn()
    #expect(HTTPAnswers.read(greedy.read()).count <= 2 * Limits().requestsPerTurn)
    #expect(rig.io.isBusy)
    other.write(get("/other"))
    rig.turn()
    #expect(HTTPAnswers.read(other.read()).map(\.body) == ["/other"])
    var answers = HTTPAnswers()
    var count = 0
    for _ in 0..<20 {
      rig.turn()
      count += answers.take(greedy.read()).count
    }
    #expect(count >= 100 - 4 * Limits().requestsPerTurn)
    #expect(rig.loop.counters.own.requests == 101)
    #expect(!rig.io.isBusy)
    #expect(rig.faults() == [])
  }

  @Test("a burst of messages is taken in pieces, in order, and others are served in between")
  func messageBurst() {
    let rig = LoopRig()
    let greedy = rig.webSocket()
    let other = rig.webSocket()
    _ = (greedy.read(), other.read())
    for number in 0..<500 { greedy.say("echo \(number)") }
    rig.turn()
    var texts = greedy.texts()
    #expect(texts.count <= 2 * Limits().messagesPerTurn)
    other.say("echo other")
    rig.turn()
    #expect(other.texts() == ["echo other"])
    for _ in 0..<20 {
      rig.turn()
      texts += greedy.texts()
    }
    #expect(texts == (0..<500).map { "echo \($0)" })
    #expect(!rig.io.isBusy)
    #expect(rig.faults() == [])
  }

  @Test("the answers to one read leave in one send: pipelined answers, pongs and replies")
  func oneSend() {
    let rig = LoopRig()
    let socket = rig.connect()
    rig.turn()
    var before = rig.io.sends
    socket.write(String(repeating: get("/small"), count: Limits().requestsPerTurn))
    rig.turn()
    #expect(HTTPAnswers.read(socket.read()).count == Limits().requestsPerTurn)
    #expect(rig.io.sends - before == 1)

    let client = rig.webSocket()
    _ = client.read()
    before = rig.io.sends
    for number in 0..<20 {
      client.say("echo \(number)")
      client.socket.write(ClientFrames.ping("p"))
    }
    rig.turn()
    #expect(client.read().count == 40)
    #expect(rig.io.sends - before == 1)
    #expect(rig.faults() == [])
  }

  @Test("a buffer full of empty pings is answered with one send")
  func pings() {
    let rig = LoopRig()
    let client = rig.webSocket()
    _ = client.read()
    let before = rig.io.sends
    let count = Limits.receiveBytes / 6
    for _ in 0..<count { client.socket.write(ClientFrames.ping()) }
    rig.turn()
    #expect(client.read().count == count)
    #expect(rig.io.sends - before == 1)
    #expect(rig.faults() == [])
  }

  @Test("a connection that ends while its input is queued leaves nothing behind")
  func endsInLine() {
    let rig = LoopRig()
    let greedy = rig.webSocket()
    for number in 0..<500 { greedy.say("echo \(number)") }
    rig.turn()
    greedy.socket.reset()
    rig.turn()
    let next = rig.webSocket()
    rig.settle()
    #expect(next.texts() == ["connected"])
    #expect(!rig.io.isBusy)
    #expect(rig.faults() == [])
  }
}
