import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite struct RequestRecordsTests {
  private typealias Records = RequestRecords<ScriptedTransport>

  private func ask(_ rig: LoopRig, _ text: String) -> String {
    let socket = rig.connect()
    socket.write(text)
    rig.settle(2)
    return String(decoding: socket.read(), as: UTF8.self)
  }

  private func field(_ answer: String) -> String? {
    answer.split(separator: "\r\n").first { $0.hasPrefix("X-Request-Id: ") }.map { String($0.dropFirst(14)) }
  }

  @Test("a request that names itself is answered under its name")
  func given() {
    let rig = LoopRig(names: true)
    let answer = ask(rig, "GET /a?secret HTTP/1.1\r\nHost: h\r\nX-Request-ID: job-7/x\r\n\r\n")
    #expect(field(answer) == "job-7/x")
    #expect(rig.inbound.answers.map(\.id.text) == ["job-7/x"])
    #expect(rig.inbound.answers.first?.head?.path == "/a" && rig.inbound.answers.first?.status == 200)
  }

  @Test("any other request gets 16 digits, each of them others")
  func made() {
    let rig = LoopRig(names: true)
    let names = (0..<50).compactMap { _ in field(ask(rig, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")) }
    #expect(names.count == 50 && Set(names).count == 50)
    #expect(names.allSatisfy { $0.count == 16 && $0.allSatisfy(\.isHexDigit) })
  }

  @Test(
    "a name that is long, empty, repeated or could forge a log line does not count",
    arguments: ["", "a b", "a\"b", "a,b", "ä", String(repeating: "x", count: 129)])
  func refused(name: String) {
    let bytes = Array(name.utf8)
    #expect(Records.name(given: [0..<bytes.count], bytes) == nil)
    #expect(Records.name(given: [0..<1, 1..<2], Array("ab".utf8)) == nil)
    #expect(Records.name(given: [], []) == nil)
  }

  @Test("the time from the request to its answer is counted by kind and class of the status")
  func times() throws {
    let rig = LoopRig(names: true)
    _ = ask(rig, "GET /small HTTP/1.1\r\nHost: h\r\n\r\n")
    let socket = rig.connect()
    socket.write("GET /later HTTP/1.1\r\nHost: h\r\n\r\n")
    rig.turn()
    rig.io.advance(by: 30)
    let ticket = try #require(rig.inbound.asked.last?.ticket)
    rig.proxy.post(.replies([(ticket: ticket, response: HTTPResponse(status: 503))]))
    rig.settle(2)
    // Rows: five classes for each of two kinds.
    let counts = (0..<10).map { rig.counters.requestTimes.read(row: $0).count }
    #expect(counts == [0, 1, 0, 0, 0, 0, 0, 0, 0, 1])
    #expect(rig.counters.requestTimes.read(row: 9).sum == 30_000_000)
    #expect(rig.inbound.answers.last?.nanoseconds == 30_000_000)
    #expect(String(decoding: socket.read(), as: UTF8.self).contains(" for "))
  }

  @Test("an upgrade is counted when it is answered, however long the WebSocket lives")
  func upgrade() {
    let rig = LoopRig(names: true)
    rig.topics.create(5)
    let client = rig.webSocket("/ws/5")
    rig.pass(5_000)
    #expect(client.texts().count == 1)
    #expect(rig.counters.requestTimes.read(row: 0).count == 1)
    #expect(rig.counters.requestTimes.read(row: 0).sum == 0)
    #expect(rig.inbound.answers.map(\.status) == [101])
  }

  @Test("what is refused before it is whole has a name and no head")
  func broken() {
    let rig = LoopRig(names: true)
    let answer = ask(rig, "BROKEN\r\n\r\n")
    #expect(answer.hasPrefix("HTTP/1.1 400 "))
    #expect(field(answer) == rig.inbound.answers.last?.id.text)
    #expect(rig.inbound.answers.last?.head == nil && rig.inbound.answers.last?.status == 400)
  }

  @Test("a sink that names nothing is told nothing, and answers have no name")
  func unnamed() {
    let rig = LoopRig()
    #expect(field(ask(rig, "GET / HTTP/1.1\r\nHost: h\r\nX-Request-Id: a\r\n\r\n")) == nil)
    #expect(rig.inbound.answers.isEmpty)
    #expect(rig.counters.requestTimes.read(row: 1).count == 1)
  }

  @Test("a request that is refused in its body is told with its head and its own name")
  func lateBody() {
    let rig = LoopRig(names: true)
    let socket = rig.connect()
    socket.write(
      "POST /small?secret HTTP/1.1\r\nHost: h\r\nX-Request-Id: late\r\nContent-Length: 5\r\n\r\nab")
    rig.settle(2)
    rig.pass(Limits().bodyTimeout + 2_000)
    let answer = rig.inbound.answers.last
    #expect(answer?.status == 408 && answer?.head?.method == "POST" && answer?.head?.path == "/small")
    #expect(answer?.id.text == "late")
    #expect(String(decoding: socket.read(), as: UTF8.self).contains("X-Request-Id: late"))
  }

  @Test("a request whose connection is lost before the answer is told, once, and not counted as an answer")
  func lost() throws {
    let rig = LoopRig(names: true)
    let socket = rig.connect()
    socket.write("GET /later HTTP/1.1\r\nHost: h\r\n\r\n")
    rig.settle(2)
    #expect(rig.inbound.answers.isEmpty)
    rig.io.advance(by: 30)
    socket.reset()
    rig.settle(2)
    let answer = try #require(rig.inbound.answers.last)
    #expect(answer.status == AnsweredRequest.lost && answer.head?.path == "/later")
    #expect(answer.nanoseconds == 30_000_000)
    let ticket = try #require(rig.inbound.asked.last?.ticket)
    rig.proxy.post(.replies([(ticket: ticket, response: HTTPResponse(status: 200))]))
    rig.settle(2)
    #expect(rig.inbound.answers.count == 1)
    #expect((0..<10).allSatisfy { rig.counters.requestTimes.read(row: $0).count == 0 })
  }

  @Test("a connection that ends between requests, or after its answer, has nothing to tell")
  func answered() {
    let rig = LoopRig(names: true)
    let socket = rig.connect()
    socket.write("GET /small HTTP/1.1\r\nHost: h\r\n\r\n")
    rig.settle(2)
    socket.reset()
    rig.settle(2)
    #expect(rig.inbound.answers.map(\.status) == [200])
  }
}
