// WebSocket frames and their text: RFC 6455 decode, unmasking, UTF-8, encode.
@testable import FanoutCore

enum FramePieces {
  static var all: [Piece] {
    [
      decode("frame_decode_small", "a text frame of 15 bytes", Samples.ping, pieces: 1),
      decode("frame_decode_4k", "a text frame of 4 KiB", Samples.ascii, pieces: 1),
      decode("frame_decode_4k_split", "the same in five reads", Samples.ascii, pieces: 5),
      unmask, utf8("utf8_ascii_4k", "4 KiB of ASCII", Samples.ascii),
      utf8("utf8_mixed_4k", "4 KiB of four scripts", Samples.mixed), encode, encodeRun,
    ]
  }

  /// One decoder for all operations, as a connection has one: it holds nothing between messages.
  private static func decode(_ name: String, _ operation: String, _ text: [UInt8], pieces: Int) -> Piece {
    let frame = Samples.frame(text)
    let bounds = (0...pieces).map { $0 * frame.count / pieces }
    return Piece(name, operation, bytes: frame.count, checksum: UInt64(text.count)) { count in
      var decoder = WebSocketDecoder(maximumMessage: 4_096, acceptsBinary: false)
      var input = frame
      var sum: UInt64 = 0
      for _ in 0..<count {
        touch(&input)
        for index in 0..<pieces {
          let step = decoder.decode(input.span.extracting(bounds[index]..<bounds[index + 1]))
          if case .event(.text(let message), _) = step { sum &+= UInt64(message.count) }
        }
      }
      return sum
    }
  }

  private static var unmask: Piece {
    let masked = Samples.ascii
    return Piece("unmask_4k", "4 KiB into a kept buffer", bytes: masked.count, checksum: 4_096) { count in
      var (input, output) = (masked, [UInt8]())
      output.reserveCapacity(masked.count)
      var mask: UInt32 = 0x3D21_FA37
      var sum: UInt64 = 0
      for _ in 0..<count {
        touch(&input)
        output.removeAll(keepingCapacity: true)
        Masking.append(input.span, mask: &mask, to: &output)
        touch(&output)
        sum &+= UInt64(output.count)
      }
      return sum
    }
  }

  private static func utf8(_ name: String, _ operation: String, _ text: [UInt8]) -> Piece {
    Piece(name, operation, bytes: text.count, checksum: 1) { count in
      var input = text
      var sum: UInt64 = 0
      for _ in 0..<count {
        touch(&input)
        var validator = UTF8Validator()
        if validator.accepts(input.span) && validator.isComplete { sum &+= 1 }
      }
      return sum
    }
  }

  private static var encode: Piece {
    let text = Samples.noticeText
    let frameBytes = UInt64(text.count + FrameEncoder.headerByteCount(forPayload: text.count))
    return Piece(
      "frame_encode_notice", "a notice into a kept buffer", bytes: text.count, checksum: frameBytes
    ) {
      count in
      var (input, output) = (text, [UInt8]())
      output.reserveCapacity(text.count + 10)
      var sum: UInt64 = 0
      for _ in 0..<count {
        touch(&input)
        output.removeAll(keepingCapacity: true)
        FrameEncoder.appendText(input, to: &output)
        touch(&output)
        sum &+= UInt64(output.count)
      }
      return sum
    }
  }

  /// What the publisher makes of a batch of one notice, once for all loops.
  private static var encodeRun: Piece {
    let updates = TopicUpdate(
      topic: TopicID(3), notices: [Notice(seq: 421, text: Samples.noticeText)], summary: Samples.summary)
    let frames = FrameRun(updates)
    let size = UInt64(frames.webSocket.bytes.count + frames.eventStream.bytes.count)
    return Piece(
      "frame_run_notice", "a notice in both dialects", bytes: Samples.noticeText.count, checksum: size
    ) { count in
      var updates = updates
      var sum: UInt64 = 0
      for _ in 0..<count {
        touch(&updates)
        let run = FrameRun(updates)
        sum &+= UInt64(run.webSocket.bytes.count + run.eventStream.bytes.count)
      }
      return sum
    }
  }
}
