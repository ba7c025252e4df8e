import Testing

@testable import FanoutCore

@Suite("Message reader")
struct MessageReaderTests {
  @Test("It is idle before the first byte and after the last, and not in between")
  func idle() throws {
    var reader = MessageReader(100, acceptsBinary: true)
    let frames = ClientFrame.bytes(1, bytes("ab"), fin: false) + ClientFrame.bytes(0, bytes("c"))
    #expect(reader.isIdle)
    for (index, byte) in frames.enumerated() {
      var position = 0
      let event = try reader.read([byte].span, &position)
      #expect(position == 1)
      #expect((event == .text(bytes("abc"))) == (index == frames.count - 1))
      #expect(reader.isIdle == (index == frames.count - 1))
    }
  }

  @Test("A header's promise claims at most 64 KiB before its payload comes")
  func promise() throws {
    var reader = MessageReader(1 << 30, acceptsBinary: true)
    _ = try read(&reader, [0x82, 0xFF] + ClientFrame.bigEndian(1 << 30, 8) + [1, 2, 3, 4])
    #expect((60_000...140_000).contains(reader.message.capacity))
    _ = try read(&reader, [UInt8](repeating: 0, count: 200_000))
    #expect((200_000...800_000).contains(reader.message.capacity), "growth follows what arrived")
  }

  @Test("A reader that failed says nothing else")
  func failed() {
    let failure = DecodingFailure.protocolError("wrong")
    var reader = MessageReader(failed: failure)
    #expect(!reader.isIdle)
    #expect(throws: failure) { try read(&reader, ClientFrame.bytes(9, [])) }
    #expect(throws: failure) { try read(&reader, []) }
  }

  private func read(_ reader: inout MessageReader, _ bytes: [UInt8]) throws -> WebSocketEvent? {
    var position = 0
    return try reader.read(bytes.span, &position)
  }
}
