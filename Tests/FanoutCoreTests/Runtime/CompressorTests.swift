import TestSupport
import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite struct CompressorTests {
  private func ready() -> Compressor {
    let compressor = Compressor()
    #expect(compressor.prepare() && compressor.prepare())
    return compressor
  }

  private func texts(_ bytes: [UInt8], _ agreed: String = "permessage-deflate") throws -> [ServerFrames.Frame]
  {
    var frames = ServerFrames()
    frames.peer = try PeerDeflate(agreed: agreed)
    let read = frames.take(bytes)
    #expect(frames.offence == nil)
    return read
  }

  @Test("frames that stand alone are read by every client, whatever it keeps")
  func standalone() throws {
    let compressor = ready()
    var bytes: [UInt8] = []
    let words = (0..<40).map { "notice \($0) of a long series, \(String(repeating: "x", count: 13 * $0))" }
    for text in words { compressor.appendStandalone(Array(text.utf8), to: &bytes) }
    compressor.appendStandalone([1, 2, 3], as: .binary, to: &bytes)
    compressor.appendStandalone([], to: &bytes)
    for agreed in [
      "permessage-deflate", "permessage-deflate; server_no_context_takeover",
      "permessage-deflate; server_max_window_bits=9",
    ] {
      #expect(try texts(bytes, agreed) == words.map { .text($0) } + [.binary([1, 2, 3]), .text("")])
    }
  }

  @Test("shared frames are read by a client that read the one before, and are far smaller")
  func shared() throws {
    let compressor = ready()
    let words = (100..<140).map {
      #"{"type":"booking_created","eventId":5,"bookingId":"BK-A\#($0)","seq":\#($0)}"#
    }
    var (alone, shared): ([UInt8], [UInt8]) = ([], [])
    compressor.appendStandalone(Array(words[0].utf8), to: &shared)
    for (previous, text) in zip(words, words.dropFirst()) {
      compressor.appendStandalone(Array(text.utf8), to: &alone)
      compressor.appendShared(Array(text.utf8), after: Array(previous.utf8), to: &shared)
    }
    #expect(shared.count * 2 < alone.count)
    for agreed in [
      "permessage-deflate", "permessage-deflate; server_max_window_bits=\(Compressor.sharedWindow)",
    ] {
      #expect(try texts(shared, agreed) == words.map { .text($0) })
    }
  }

  @Test("a shared frame after nothing stands alone")
  func sharedAlone() throws {
    let compressor = ready()
    var bytes: [UInt8] = []
    compressor.appendShared(Array("first first first".utf8), after: [], to: &bytes)
    #expect(
      try texts(bytes, "permessage-deflate; server_no_context_takeover") == [.text("first first first")])
  }

  @Test("large messages and small ones after them come out whole")
  func sizes() throws {
    let compressor = ready()
    var random = SeededRandom(seed: 3)
    for size in [0, 1, 60_000, 5, 200_000, 100, 0] {
      let message = random.bytes(size)
      var bytes: [UInt8] = []
      compressor.appendStandalone(message, as: .binary, to: &bytes)
      var frames = ServerFrames()
      frames.peer = try PeerDeflate(agreed: "permessage-deflate", capacity: 300_000)
      #expect(frames.take(bytes) == [.binary(message)])
    }
  }

  @Test("a client's message is inflated up to the limit, and what cannot be inflated is told apart")
  func inflate() throws {
    let compressor = ready()
    let peer = try PeerDeflate(agreed: "permessage-deflate")
    let message = Array(String(repeating: "again and ", count: 100).utf8)
    #expect(compressor.inflate(peer.deflate(message), limit: message.count) == .bytes(message))
    #expect(compressor.inflate(peer.deflate(message), limit: message.count - 1) == .tooBig)
    #expect(compressor.inflate([0xff, 0xff], limit: 100) == .broken)
    #expect(compressor.inflate([], limit: 100) == .broken)
    #expect(compressor.inflate([0], limit: 0) == .bytes([]))
  }
}
