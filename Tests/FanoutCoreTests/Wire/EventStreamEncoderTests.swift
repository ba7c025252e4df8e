import Testing

@testable import FanoutCore

@Suite("Event stream encoder")
struct EventStreamEncoderTests {
  @Test("A notice has an id and its text")
  func notice() {
    var output = bytes("x")
    EventStreamEncoder.append(seq: 18_446_744_073_709_551_615, text: bytes("{\"a\":1}"), to: &output)
    #expect(text(output) == "xid: 18446744073709551615\ndata: {\"a\":1}\n\n")
  }

  @Test("A session text has no id")
  func session() {
    var output: [UInt8] = []
    EventStreamEncoder.append(text: bytes("hello"), to: &output)
    #expect(text(output) == "data: hello\n\n")
  }

  @Test("The id of a notice has the prefix that says whose number it is")
  func prefix() {
    var output: [UInt8] = []
    EventStreamEncoder.append(seq: 7, idPrefix: bytes("ep."), text: bytes("x"), to: &output)
    #expect(text(output) == "id: ep.7\ndata: x\n\n")
  }

  @Test("The end is an event with a name and data, without which clients would drop it")
  func end() {
    var output: [UInt8] = []
    EventStreamEncoder.appendEnd(reason: "token expired", to: &output)
    #expect(text(output) == "event: end\ndata: token expired\n\n")
    output = []
    EventStreamEncoder.appendEnd(reason: "", to: &output)
    #expect(text(output) == "event: end\ndata: end\n\n")
  }

  @Test("A retry line is a block of its own")
  func retry() {
    var output: [UInt8] = []
    EventStreamEncoder.appendRetry(milliseconds: 2_000, to: &output)
    #expect(text(output) == "retry: 2000\n\n")
  }

  @Test("A comment keeps the connection alive")
  func keepAlive() {
    var output: [UInt8] = []
    EventStreamEncoder.appendKeepAlive(to: &output)
    #expect(text(output) == ":\n\n")
  }
}
