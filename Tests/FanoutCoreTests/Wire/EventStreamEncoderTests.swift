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

  @Test("A comment keeps the connection alive")
  func keepAlive() {
    var output: [UInt8] = []
    EventStreamEncoder.appendKeepAlive(to: &output)
    #expect(text(output) == ":\n\n")
  }
}
