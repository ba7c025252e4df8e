// The machine's own clock and randomness.

import Glibc

/// The time of day and the time since boot, as the machine keeps them.
public struct SystemClock: Clock {
  public init() {}

  public var now: Instant { Instant(milliseconds: Self.milliseconds(of: CLOCK_REALTIME)) }

  /// CLOCK_MONOTONIC would stand still while the machine sleeps, and waking up would look like a jump of `now`.
  public var uptime: Int64 { Self.milliseconds(of: CLOCK_BOOTTIME) }

  public var nanoseconds: UInt64 {
    var moment = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &moment)
    return UInt64(moment.tv_sec) * 1_000_000_000 + UInt64(moment.tv_nsec)
  }

  private static func milliseconds(of clock: clockid_t) -> Int64 {
    var moment = timespec()
    unsafe clock_gettime(clock, &moment)
    return Int64(moment.tv_sec) * 1000 + Int64(moment.tv_nsec) / 1_000_000
  }
}

/// The kernel's random bytes (getrandom(2)).
public struct SystemRandom: IdentifierSource {
  public init() {}

  public func randomBytes(_ count: Int) -> [UInt8] {
    // A system call per word, not per byte.
    var generator = SystemRandomNumberGenerator()
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    while bytes.count < count {
      var word = generator.next()
      for _ in 0..<min(8, count - bytes.count) {
        bytes.append(UInt8(truncatingIfNeeded: word))
        word >>= 8
      }
    }
    return bytes
  }
}

extension IdentifierSource {
  /// Two lower-case digits per byte.
  func randomHex(bytes: Int) -> String { hex(randomBytes(bytes)) }
}

func hex(_ bytes: some Sequence<UInt8>) -> String {
  func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }
  var text: [UInt8] = []
  text.reserveCapacity(2 * bytes.underestimatedCount)
  for byte in bytes {
    text.append(digit(byte >> 4))
    text.append(digit(byte & 15))
  }
  return String(decoding: text, as: UTF8.self)
}

/// The bytes that `hex` made a text of, in its spelling alone; nil: it is no such text.
func bytes(hex text: String) -> [UInt8]? {
  guard !text.utf8.contains(where: { (UInt8(ascii: "A")...UInt8(ascii: "F")).contains($0) }) else {
    return nil
  }
  let digits = text.utf8.compactMap(\.hexDigit)
  guard digits.count == text.utf8.count, digits.count % 2 == 0 else { return nil }
  return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}
