import FanoutCore
import TestSupport
import Testing

@testable import seatcast

@Suite("Conformance echo")
struct EchoServerTests {
  @Test("Texts and binary messages come back as they were, whatever the path, and nothing else is said")
  func echoes() throws {
    let settings = Settings(flags: [.port: "0"], environment: [:], table: .conformanceEcho)
    let plane = try EchoServer.open(EchoConfiguration(settings))
    let log = Log(format: .json, output: LinesKept(), now: { 0 })
    let port = try EchoServer.start(plane, observer: log)
    defer { plane.closeAll() }
    let client = try WebSocketClient(port: port, path: "/any?where")
    let large = [UInt8](repeating: 0xAB, count: 1_000_000)
    try client.send(.text("héllo"))
    #expect(try client.next() == .text("héllo"))
    try client.send(.binary(large))
    #expect(try client.next() == .binary(large))
    client.drop()
    #expect(try HTTPClient(port: port).get("/").status == 426)
  }

  @Test("The session handler sends messages back and has no words of its own")
  func sessions() {
    let sessions = EchoSessionHandler()
    let client = ClientTag(id: 0)
    #expect(sessions.interpret(.binary([1]), from: client) == .reply(.binary([1])))
    #expect(sessions.interpret(.text([2]), from: client) == .reply(.text([2])))
    #expect(sessions.text(for: .connected(topic: nil, nil)) == nil)
    #expect(sessions.reason(for: .protocolError) == "")
  }

  @Test("There are no topics in an echo")
  func topics() {
    let ticket = Ticket(loop: LoopID(0), slot: 0, generation: 0, request: 0)
    #expect(!NoTopics().open(TopicID(1), for: LoopID(0)))
    #expect(!NoTopics().history(of: TopicID(1), after: 0, through: 1, ticket: ticket))
  }
}
