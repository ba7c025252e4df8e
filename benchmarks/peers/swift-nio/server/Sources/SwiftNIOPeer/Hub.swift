// All subscribers of the one event, and the broadcast: the frame is encoded once, every channel gets the same
// ByteBuffer (a reference; copy on write never happens). One event loop: everything here runs on it.
import Foundation
import NIOCore

final class Hub: @unchecked Sendable {
  private(set) var lastSeq = 0
  private var subscribers: [Subscriber] = []
  private let timestamps = ISO8601DateFormatter()

  init() { timestamps.formatOptions = [.withInternetDateTime, .withFractionalSeconds] }

  func add(_ subscriber: Subscriber) {
    subscriber.place = subscribers.count
    subscribers.append(subscriber)
  }

  /// The last one takes the place that becomes free.
  func remove(_ subscriber: Subscriber) {
    guard let place = subscriber.place, let last = subscribers.popLast() else { return }
    subscriber.place = nil
    guard last !== subscriber else { return }
    last.place = place
    subscribers[place] = last
  }

  /// Makes the next booking's notice, sends it to everybody and returns its seq.
  func book() -> Int {
    lastSeq += 1
    let frame = Self.frame(notice(lastSeq))
    for subscriber in subscribers { subscriber.send(frame) }
    return lastSeq
  }

  func welcome() -> ByteBuffer {
    Self.frame(
      #"{"type":"connection_established","clientId":"ws_0_0000000000000000","eventId":3,"#
        + #""availableSeats":\#(1_000_000 - lastSeq),"seatCapacity":1000000,"seq":\#(lastSeq)}"#)
  }

  private func notice(_ seq: Int) -> String {
    let digits = String(0x9e37_79b9 &* UInt32(truncatingIfNeeded: seq + 1), radix: 16, uppercase: true)
    let code = String(repeating: "0", count: 8 - digits.count) + digits
    return #"{"type":"booking_created","eventId":3,"bookingId":"BK-\#(code)","userId":4,"quantity":1,"#
      + #""availableSeats":\#(1_000_000 - seq),"seatCapacity":1000000,"#
      + #""timestamp":"\#(timestamps.string(from: Date()))","seq":\#(seq)}"#
  }

  /// An unmasked text frame of 126 to 65,535 bytes (RFC 6455 section 5.2).
  private static func frame(_ text: String) -> ByteBuffer {
    let count = text.utf8.count
    precondition((126...65_535).contains(count))
    var buffer = ByteBuffer()
    buffer.reserveCapacity(count + 4)
    buffer.writeInteger(0x81 as UInt8)
    buffer.writeInteger(126 as UInt8)
    buffer.writeInteger(UInt16(count))
    buffer.writeString(text)
    return buffer
  }
}
