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

  @Test("A compressed message is handed over whole and as it came, in fragments, with pings in between")
  func deflated() throws {
    let payload: [UInt8] = [0xFF, 0x00, 0xC3, 0x28, 0x80]
    let frames =
      ClientFrame.bytes(1, Array(payload[..<2]), fin: false, reserved: 4) + ClientFrame.bytes(9, [7])
      + ClientFrame.bytes(0, [], fin: false) + ClientFrame.bytes(0, Array(payload[2...]))
      + ClientFrame.bytes(1, bytes("plain")) + ClientFrame.bytes(2, payload, reserved: 4)
    for cut in [Cut.whole, .everyByte] + (1..<frames.count).map(Cut.at) {
      var reader = MessageReader(100, acceptsBinary: true, acceptsDeflated: true)
      var events: [WebSocketEvent] = []
      for range in cut.ranges(of: frames.count) {
        var position = range.lowerBound
        let piece = Array(frames[..<range.upperBound])
        while let event = try reader.read(piece.span, &position) { events.append(event) }
      }
      #expect(
        events == [.ping([7]), .deflated(.text, payload), .text(bytes("plain")), .deflated(.binary, payload)])
      #expect(reader.isIdle)
    }
  }

  @Test("A compressed message may be a little larger than a plain one, over all fragments")
  func deflatedLimit() throws {
    let room = MessageReader.deflatedBytes(of: 100)
    #expect(room > 100 && room < 200)
    for count in [room, room + 1] {
      var reader = MessageReader(100, acceptsBinary: true, acceptsDeflated: true)
      let frames =
        ClientFrame.bytes(1, [UInt8](repeating: 0, count: 90), fin: false, reserved: 4)
        + ClientFrame.bytes(0, [UInt8](repeating: 0, count: count - 90))
      if count == room {
        #expect(try read(&reader, frames) == .deflated(.text, [UInt8](repeating: 0, count: room)))
      } else {
        #expect(throws: DecodingFailure(code: .messageTooBig, reason: "message too big")) {
          try read(&reader, frames)
        }
      }
      var plain = MessageReader(100, acceptsBinary: true, acceptsDeflated: true)
      #expect(throws: DecodingFailure.self) {
        try read(&plain, ClientFrame.bytes(1, [UInt8](repeating: 0, count: 101)))
      }
    }
  }

  private func read(_ reader: inout MessageReader, _ bytes: [UInt8]) throws -> WebSocketEvent? {
    var position = 0
    return try reader.read(bytes.span, &position)
  }
}
