// What the pieces work on: messages, requests and notices as they are on the wire, of the sizes that clients send.
@testable import ControlPlane
@testable import FanoutCore

enum Samples {
  // MARK: Texts

  /// 15 bytes: what a page sends to keep its connection.
  static let ping = Array(#"{"type":"ping"}"#.utf8)
  /// 4 KiB of ASCII, the longest message that is taken.
  static let ascii = Array(repeating: ping, count: 280).flatMap(\.self).prefixed(4_096)
  /// 4 KiB of text in several scripts: characters of one, two, three and four bytes.
  static let mixed = Array(String(repeating: "Platz für zwei, 席を二つ, два места 🎟. ", count: 80).utf8)
    .cut(before: 4_096)

  // MARK: Frames

  /// A whole text frame as a client sends it (RFC 6455, section 5.2).
  static func frame(_ text: [UInt8]) -> [UInt8] {
    var frame: [UInt8] = [0x81]
    if text.count < 126 {
      frame.append(0x80 | UInt8(text.count))
    } else {
      frame += [0x80 | 126, UInt8(text.count >> 8), UInt8(text.count & 0xFF)]
    }
    frame += mask
    for (index, byte) in text.enumerated() { frame.append(byte ^ mask[index & 3]) }
    return frame
  }

  private static let mask: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]

  // MARK: Requests

  /// A browser's request for an event's socket.
  static func upgrade(token: String) -> [UInt8] {
    lines([
      "GET /ws/events/1?token=\(token) HTTP/1.1",
      "Host: tickets.example.org",
      "Connection: Upgrade",
      "Pragma: no-cache",
      "Cache-Control: no-cache",
      "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
      "Upgrade: websocket",
      "Origin: https://tickets.example.org",
      "Sec-WebSocket-Version: 13",
      "Accept-Encoding: gzip, deflate, br, zstd",
      "Accept-Language: en-GB,en;q=0.5",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      "Sec-WebSocket-Extensions: permessage-deflate",
    ])
  }

  static let bookingBody = Array(#"{"eventId":1,"quantity":2}"#.utf8)

  /// The page's request for two seats.
  static func booking(token: String) -> [UInt8] {
    lines([
      "POST /api/bookings HTTP/1.1",
      "Host: tickets.example.org",
      "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
      "Accept: */*",
      "Accept-Language: en-GB,en;q=0.5",
      "Accept-Encoding: gzip, deflate, br, zstd",
      "Authorization: Bearer \(token)",
      "Content-Type: application/json",
      "Content-Length: \(bookingBody.count)",
      "Origin: https://tickets.example.org",
      "Connection: keep-alive",
    ]) + bookingBody
  }

  private static func lines(_ lines: [String]) -> [UInt8] {
    Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
  }

  // MARK: People and bookings

  static let moment = Instant(milliseconds: 1_731_321_000_000)
  static let secretBytes = Array("a secret that only measurements use".utf8)
  static let user = User(
    id: UserID(4), subject: Subject(4), email: "alice@example.org", name: "Alice", role: .user,
    createdAt: moment)
  static let principal = Principal(
    identity: Identity(issuer: Identity.localIssuer, subject: Subject(4)), role: .user,
    expiresAt: Timestamps.latest)

  static let details = encoder.members(
    of: EventDetails(
      status: .onSale, name: "The Tempest", startsAt: moment, opensAt: nil, closesAt: nil, maxPerBooking: 10))
  static let state = EventState(event: EventID(3), seq: 421, availableSeats: 998_877, seatCapacity: 1_000_000)

  /// A booking's notice, 184 bytes of JSON.
  static var bookingNotice: ControlPlane.Notice {
    guard let booking = PublicBookingID(code: 0x5A_F03C_9B71) else {
      fail("The sample booking has no number.")
    }
    return ControlPlane.Notice(
      event: state.event, seq: state.seq,
      change: .bookingCreated(.init(booking: booking, user: user.subject, quantity: 1)),
      availableSeats: state.availableSeats, seatCapacity: state.seatCapacity, at: moment)
  }

  static let encoder = NoticeEncoder(identity: .full, epoch: "0123456789abcdef")
  static let noticeText = encoder.text(of: bookingNotice)

  static var summary: TopicSummary {
    let summary = encoder.summary(of: state, details: details, at: moment)
    return TopicSummary(
      seq: summary.seq, snapshot: summary.snapshot, before: summary.before, after: summary.after)
  }
}

/// A clock that stands still, so that no piece pays for the time of day but the one that asks for it.
struct StillClock: Clock {
  let now: Instant
}

extension [UInt8] {
  fileprivate func prefixed(_ count: Int) -> [UInt8] { Array(prefix(count)) }

  /// At most `count` bytes, cut before the character that would not fit whole.
  fileprivate func cut(before count: Int) -> [UInt8] {
    var end = Swift.min(count, self.count)
    while end > 0, end < self.count, self[end] & 0xC0 == 0x80 { end -= 1 }
    return Array(self[..<end])
  }
}
