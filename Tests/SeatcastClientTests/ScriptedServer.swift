// A server that says what a test wants: each connection is answered by a script on a thread of its own.
import Glibc
import TestSupport

/// One accepted connection; one thread at a time.
final class ScriptedConnection: @unchecked Sendable {
  private let descriptor: Int32
  private var received: [UInt8] = []

  init(_ descriptor: Int32) { self.descriptor = descriptor }
  deinit { close(descriptor) }

  /// Waits for more bytes; false at the end.
  private func receive() -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&entry, 1, 120_000) > 0 else { return false }
    var buffer = [UInt8](repeating: 0, count: 4_096)
    let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
    guard count > 0 else { return false }
    received += buffer[..<count]
    return true
  }

  /// A request's head with its empty line, or nil at the end.
  func head() -> String? {
    let mark = Array("\r\n\r\n".utf8)
    while true {
      if let end = received.indices.first(where: { received[$0...].starts(with: mark) }) {
        defer { received.removeFirst(end + 4) }
        return String(decoding: received[..<(end + 4)], as: UTF8.self)
      }
      if !receive() { return nil }
    }
  }

  /// So many bytes, fewer at the end.
  func bytes(_ count: Int) -> [UInt8] {
    while received.count < count, receive() {}
    defer { received.removeFirst(min(count, received.count)) }
    return Array(received.prefix(count))
  }

  func send(_ text: String) { send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) {
    _ = unsafe bytes.withUnsafeBytes {
      unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
  }

  func answer(_ status: Int, _ body: String, fields: String = "") {
    send("HTTP/1.1 \(status) X\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
  }

  // MARK: WebSocket

  /// Upgrades; the request's head.
  func upgrade() -> String? {
    guard let head = head(),
      let line = head.split(separator: "\r\n").first(where: { $0.hasPrefix("Sec-WebSocket-Key: ") })
    else { return nil }
    let key = line.dropFirst("Sec-WebSocket-Key: ".count)
    let accept = Digests.base64(
      Digests.sha1(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
    send(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Accept: \(accept)\r\n\r\n")
    return head
  }

  func frame(_ text: String, opcode: UInt8 = 1) {
    let payload = Array(text.utf8)
    let length =
      payload.count < 126
      ? [UInt8(payload.count)] : [126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
    send([0x80 | opcode] + length + payload)
  }

  func closeFrame(_ code: UInt16, _ reason: String) {
    let payload = [UInt8(code >> 8), UInt8(code & 0xFF)] + Array(reason.utf8)
    send([0x88, UInt8(payload.count)] + payload)
  }

  /// One frame of the client, unmasked: opcode and payload.
  func clientFrame() -> (opcode: UInt8, payload: [UInt8])? {
    let head = bytes(2)
    guard head.count == 2, head[1] & 0x80 != 0 else { return nil }
    let length = Int(head[1] & 0x7F) == 126 ? bytes(2).reduce(0) { $0 << 8 | Int($1) } : Int(head[1] & 0x7F)
    let mask = bytes(4)
    let payload = bytes(length)
    return (head[0] & 0x0F, payload.enumerated().map { $1 ^ mask[$0 & 3] })
  }

  /// Waits until the client has closed.
  func drain() { while receive() {} }
}

final class ScriptedServer: Sendable {
  let port: UInt16
  private let descriptor: Int32
  let accepted = Guarded(0)

  var url: String { "http://127.0.0.1:\(port)" }

  /// - Parameter script: gets the number of the connection, from 0.
  init(_ script: @escaping @Sendable (Int, ScriptedConnection) -> Void) throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, length) == 0 && listen(descriptor, 16) == 0
          && getsockname(descriptor, $0, &length) == 0
      }
    }
    guard isBound else { throw TestFailure("no listener") }
    port = address.sin_port.bigEndian
    self.descriptor = descriptor
    let accepted = accepted
    _ = try BackgroundThread {
      while true {
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0 else { return }
        let number = accepted.withLock { count in
          defer { count += 1 }
          return count
        }
        _ = try BackgroundThread { script(number, ScriptedConnection(connection)) }
      }
    }
  }

  deinit {
    shutdown(descriptor, Int32(SHUT_RDWR))
    close(descriptor)
  }
}

/// Messages as the server writes them.
enum Script {
  static func greeting(_ event: Int, seq: Int, seats: Int?, epoch: String = "e1", recovered: Bool? = nil)
    -> String
  {
    let counts =
      seats.map { #","availableSeats":\#($0),"seatCapacity":10,"status":"on_sale","name":"A""# } ?? ""
    let resumed = recovered.map { #","recovered":\#($0)"# } ?? ""
    return #"{"type":"connection_established","clientId":"c","eventId":\#(event),"seq":\#(seq),"#
      + #""epoch":"\#(epoch)"\#(counts),"timestamp":"2026-01-31T20:00:00.000Z"\#(resumed)}"#
  }

  static func booked(_ event: Int, seq: Int, seats: Int, more: String = "") -> String {
    #"{"type":"booking_created","eventId":\#(event),"bookingId":"BK-1","userId":3,"quantity":1,"#
      + #""availableSeats":\#(seats),"seatCapacity":10,"seq":\#(seq)\#(more),"#
      + #""timestamp":"2026-01-31T20:00:00.250Z"}"#
  }
}
