// permessage-deflate: what a notice costs to compress, and what it then takes on the wire. The two ways of the server are
// done once for all subscribers; the ordinary way is done for each connection anew.
import CMeter
import ControlPlane

@testable import FanoutCore

enum CompressionPieces {
  static var all: [Piece] {
    [
      piece("deflate_standalone", "once for all: a notice by itself") { Standalone() },
      piece("deflate_shared", "once for all: a notice after the one before it") { Shared() },
      piece("deflate_ordinary", "per connection: a notice in its own window") { Ordinary() },
      inflate,
    ]
  }

  /// Notices as they follow each other in a sale: another booking, buyer, count and time in each.
  static let texts: [[UInt8]] = (0..<512).map { number in
    var random = UInt64(number + 1) &* 0x9E37_79B9_7F4A_7C15
    let letters = Array("ABCDEFGHJKMNPQRSTVWXYZ0123456789".utf8)
    var id: [UInt8] = []
    for _ in 0..<10 {
      id.append(letters[Int(random >> 59)])
      random = random &* 6_364_136_223_846_793_005 &+ 1
    }
    var text = String(decoding: Samples.noticeText, as: UTF8.self)
    for (key, value) in [
      ("bookingId", "\"BK-\(String(decoding: id, as: UTF8.self))\""), ("userId", "\(random >> 50)"),
      ("seq", "\(1_000 + number)"), ("availableSeats", "\(5_000 - number)"),
      ("timestamp", "\"2026-11-26T20:00:\(10 + number / 50).\(100 + (number * 37) % 900)Z\""),
    ] {
      text = replacing(key, value, in: text)
    }
    return Array(text.utf8)
  }

  /// `text` with another value of a member.
  private static func replacing(_ key: String, _ value: String, in text: String) -> String {
    guard let name = text.firstRange(of: "\"\(key)\":") else { return text }
    let rest = text[name.upperBound...]
    let end = rest.firstIndex { $0 == "," || $0 == "}" } ?? rest.endIndex
    return String(text[..<name.upperBound]) + value + String(rest[end...])
  }

  /// One way to compress a series of notices.
  private protocol Way: AnyObject {
    /// Bytes on the wire, its header included.
    func deflate(_ text: [UInt8], after previous: [UInt8]) -> Int
  }

  private final class Standalone: Way {
    private let compressor = ready()
    private var frame: [UInt8] = []
    func deflate(_ text: [UInt8], after previous: [UInt8]) -> Int {
      frame.removeAll(keepingCapacity: true)
      compressor.appendStandalone(text, to: &frame)
      return frame.count
    }
  }

  private final class Shared: Way {
    private let compressor = ready()
    private var frame: [UInt8] = []
    func deflate(_ text: [UInt8], after previous: [UInt8]) -> Int {
      frame.removeAll(keepingCapacity: true)
      compressor.appendShared(text, after: previous, to: &frame)
      return frame.count
    }
  }

  @safe private final class Ordinary: Way {
    private let stream = unsafe meter_ordinary_create()
    private var room = [UInt8](repeating: 0, count: 4_096)
    deinit { unsafe meter_ordinary_destroy(stream) }
    func deflate(_ text: [UInt8], after previous: [UInt8]) -> Int {
      let count = unsafe meter_ordinary_deflate(stream, text, text.count, &room, room.count)
      return count + FrameEncoder.headerByteCount(forPayload: count)
    }
  }

  private static func ready() -> Compressor {
    let compressor = Compressor()
    if !compressor.prepare() { fail("no memory for zlib") }
    return compressor
  }

  private static func piece(_ name: String, _ operation: String, _ make: @escaping () -> any Way) -> Piece {
    let plain = texts.reduce(0) { $0 + $1.count + FrameEncoder.headerByteCount(forPayload: $1.count) }
    let deflated = series(make(), texts.count)
    return Piece(
      name, "\(operation); \(plain / texts.count) bytes plain, \(deflated / texts.count) on the wire",
      bytes: texts[0].count, checksum: 1
    ) { count in
      let way = make()
      var (previous, sum): ([UInt8], UInt64) = ([], 0)
      for number in 0..<count {
        let text = texts[number % texts.count]
        if way.deflate(text, after: previous) > 0 { sum &+= 1 }
        previous = text
      }
      return sum
    }
  }

  private static func series(_ way: any Way, _ count: Int) -> Int {
    var (previous, bytes): ([UInt8], Int) = ([], 0)
    for text in texts.prefix(count) {
      bytes += way.deflate(text, after: previous)
      previous = text
    }
    return bytes
  }

  /// A client's `ping`, compressed.
  private static var inflate: Piece {
    let compressor = ready()
    var frame: [UInt8] = []
    compressor.appendStandalone(Samples.ping, to: &frame)
    let payload = Array(frame[2...])
    return Piece(
      "inflate_small", "a client's compressed ping", bytes: payload.count,
      checksum: UInt64(Samples.ping.count)
    ) {
      if case .bytes(let bytes) = compressor.inflate(payload, limit: 4_096) { UInt64(bytes.count) } else { 0 }
    }
  }
}
