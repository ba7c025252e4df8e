// Messages compressed and inflated through the shim, against a client's own streams (CDeflateClient) and by hand.
import CDeflateClient
import CUVShim
import Glibc
import TestSupport
import Testing

@safe private final class Deflater {
  private let handle: OpaquePointer

  init(bits: Int32) throws {
    var made: OpaquePointer?
    let result = unsafe cuv_deflater_create(&made, bits)
    guard let made = unsafe made else { throw TestFailure("no deflater: \(result)") }
    unsafe handle = made
  }

  deinit { unsafe cuv_deflater_destroy(handle) }

  func deflate(_ message: [UInt8], after dictionary: [UInt8] = [], room: Int? = nil) -> (result: Int, [UInt8])
  {
    let capacity = room ?? Int(unsafe cuv_deflate_bound(handle, message.count))
    var bytes = [UInt8](repeating: 0, count: capacity)
    let count = unsafe cuv_deflate(
      handle, dictionary, dictionary.count, message, message.count, &bytes, capacity)
    return (count, count < 0 ? [] : Array(bytes[..<count]))
  }
}

@safe private final class Inflater {
  private let handle: OpaquePointer

  init() throws {
    var made: OpaquePointer?
    _ = unsafe cuv_inflater_create(&made)
    guard let made = unsafe made else { throw TestFailure("no inflater") }
    unsafe handle = made
  }

  deinit { unsafe cuv_inflater_destroy(handle) }

  func inflate(_ payload: [UInt8], limit: Int = 1 << 20) -> (result: Int, [UInt8]) {
    var out: UnsafePointer<UInt8>?
    let count = unsafe cuv_inflate(handle, payload, payload.count, limit, &out)
    guard count >= 0 else { return (count, []) }
    return (count, unsafe Array(UnsafeBufferPointer(start: out, count: count)))
  }
}

@Suite struct DeflateTests {
  private let hello: [UInt8] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]

  @Test("the examples of RFC 7692 section 7.2.3: one block, stored, BFINAL, two blocks, nothing")
  func examples() throws {
    let inflater = try Inflater()
    let text = Array("Hello".utf8)
    let payloads: [[UInt8]] = [
      hello, [0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00],
      [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00],
      [0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00],
    ]
    for payload in payloads { #expect(inflater.inflate(payload) == (5, text), "\(payload)") }
    #expect(inflater.inflate([0x00]) == (0, []))
    #expect(try Deflater(bits: 15).deflate(text).1 == hello)
    #expect(try Deflater(bits: 9).deflate([]).1 == [0x00])
  }

  @Test("a last block without anything behind it is the end of the message; a later one may refer to it")
  func lastBlocks() throws {
    let inflater = try Inflater()
    let ended: [UInt8] = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]
    #expect(inflater.inflate(ended) == (5, Array("Hello".utf8)))
    // "Hello" of section 7.2.3.2, as a reference of length 5 and distance 5.
    #expect(inflater.inflate(ended + [0xf2, 0x00, 0x11, 0x00, 0x00]).1 == Array("HelloHello".utf8))
  }

  @Test("no message refers to the one before it")
  func freshState() throws {
    let inflater = try Inflater()
    _ = inflater.inflate(hello)
    #expect(inflater.inflate([0xf2, 0x00, 0x11, 0x00, 0x00]).result == -Int(EBADMSG))
  }

  @Test("what is compressed with a dictionary is read behind it, and by nobody else", arguments: 9...15)
  func dictionary(bits: Int32) throws {
    let deflater = try Deflater(bits: bits)
    let first = Array(#"{"type":"booking_created","eventId":5,"seq":1041,"availableSeats":512}"#.utf8)
    let second = Array(#"{"type":"booking_created","eventId":5,"seq":1042,"availableSeats":510}"#.utf8)
    let (alone, shared) = (deflater.deflate(second).1, deflater.deflate(second, after: first).1)
    #expect(shared.count * 3 < alone.count)
    let client = try PeerDeflate(agreed: "permessage-deflate; server_max_window_bits=\(bits)")
    #expect(client.inflate(deflater.deflate(first).1) == first)
    #expect(client.inflate(shared) == second)
    let late = try PeerDeflate(agreed: "permessage-deflate; server_max_window_bits=\(bits)")
    #expect(late.inflate(shared) != second)
    #expect(try Inflater().inflate(shared).1 != second)
  }

  @Test(
    "random messages of all sizes come back, and no reference is longer than the window", arguments: 9...15)
  func random(bits: Int32) throws {
    var random = SeededRandom(seed: UInt64(bits))
    let (deflater, inflater) = (try Deflater(bits: bits), try Inflater())
    var previous: [UInt8] = []
    let client = try PeerDeflate(agreed: "permessage-deflate; server_max_window_bits=\(bits)")
    for round in 0..<60 {
      let letters = Int.random(in: 1...256, using: &random)
      var message = random.bytes(Int.random(in: 0...3_000, using: &random)).map { UInt8(Int($0) % letters) }
      // Some repeat what lies far back.
      message += message.prefix(200) + previous.prefix(100)
      let (count, payload) = deflater.deflate(message, after: previous)
      #expect(count > 0)
      #expect(client.inflate(payload) == message, "round \(round)")
      #expect(inflater.inflate(deflater.deflate(message).1) == (message.count, message))
      previous = message
    }
  }

  @Test("a message may become as large as the limit and not one byte larger, however small it comes")
  func limits() throws {
    let (deflater, inflater) = (try Deflater(bits: 15), try Inflater())
    for size in [0, 1, 4_095, 4_096, 4_097, 70_000, 1 << 20] {
      let payload = deflater.deflate([UInt8](repeating: 7, count: size)).1
      #expect(inflater.inflate(payload, limit: size).result == size)
      if size > 0 { #expect(inflater.inflate(payload, limit: size - 1).result == -Int(EMSGSIZE)) }
      // What a larger message left behind is no room for this one.
      #expect(inflater.inflate(payload, limit: 0).result == (size == 0 ? 0 : -Int(EMSGSIZE)))
    }
    let bomb = deflater.deflate([UInt8](repeating: 0, count: 8 << 20)).1
    #expect(bomb.count < 20_000)
    #expect(inflater.inflate(bomb, limit: 4_096).result == -Int(EMSGSIZE))
    #expect(inflater.inflate(hello) == (5, Array("Hello".utf8)), "an inflater goes on after a bomb")
  }

  @Test("what is cut off anywhere, or changed, is bad data or another text, and never more than the limit")
  func broken() throws {
    let inflater = try Inflater()
    let payload = try Deflater(bits: 15).deflate(Array((0..<600).map { UInt8($0 * $0 % 251) })).1
    for count in 0..<payload.count - 1 {
      #expect(inflater.inflate(Array(payload[..<count])).result == -Int(EBADMSG), "\(count) bytes")
    }
    var random = SeededRandom(seed: 5)
    for _ in 0..<2_000 {
      var changed = payload
      changed[Int.random(in: 0..<changed.count, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
      let result = inflater.inflate(changed, limit: 700).result
      #expect((0...700).contains(result) || result == -Int(EBADMSG) || result == -Int(EMSGSIZE))
    }
    #expect(inflater.inflate([0xff, 0xff]).result == -Int(EBADMSG))
  }

  @Test("what has no room is refused, and windows that zlib cannot make are")
  func refusals() throws {
    let deflater = try Deflater(bits: 12)
    let noise = SeededRandom.noise(1_000)
    #expect(deflater.deflate(noise, room: 500).result == -Int(EMSGSIZE))
    #expect(deflater.deflate(noise).result > 0, "a deflater goes on after that")
    for bits in [-1, 0, 7, 8, 16] as [Int32] {
      var made: OpaquePointer?
      #expect(unsafe cuv_deflater_create(&made, bits) == -EINVAL)
      #expect(unsafe made == nil)
    }
    cuv_deflater_destroy(nil)
    cuv_inflater_destroy(nil)
  }
}

extension SeededRandom {
  fileprivate static func noise(_ count: Int) -> [UInt8] {
    var random = SeededRandom(seed: 1)
    return random.bytes(count)
  }
}
