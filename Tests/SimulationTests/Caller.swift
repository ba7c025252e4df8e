// Somebody who books, cancels and asks over HTTP on one kept-alive connection, sometimes several requests at once,
// and checks that each is answered once, in order.

@testable import FanoutTestSupport

final class Caller {
  enum Request {
    case book(event: Int64, quantity: Int64, key: String)
    case cancel(booking: String)
    case look(event: Int64)
    case resize(event: Int64, capacity: Int64)
    /// A patch of other members than the capacity.
    case update(event: Int64, patch: String)
    case delete(event: Int64)
  }

  let name: String
  private let token: String
  private let adminToken: String
  private let record: Record
  private(set) var socket: ScriptedSocket?
  private var answers = HTTPAnswers()
  private(set) var waiting: [Request] = []

  init(name: String, token: String, adminToken: String, record: Record) {
    (self.name, self.token, self.adminToken, self.record) = (name, token, adminToken, record)
  }

  var isConnected: Bool { socket?.hasEnded == false }

  func connect(_ socket: ScriptedSocket) {
    leave()
    self.socket = socket
    answers = HTTPAnswers()
  }

  /// Breaks off; what was asked may have happened or not.
  func leave() {
    if let socket, socket.isOpen { socket.reset() }
    socket = nil
    waiting = []
  }

  func ask(_ request: Request) {
    guard isConnected, let socket else { return }
    waiting.append(request)
    if case .delete(let event) = request { record.deletionAsked(event) }
    switch request {
    case .book(let event, let quantity, let key):
      socket.write(
        text(
          "POST", "/api/bookings", #"{"eventId":\#(event),"quantity":\#(quantity)}"#, token,
          "Idempotency-Key: \(key)\r\n"))
    case .cancel(let booking):
      socket.write(text("DELETE", "/api/bookings/\(booking)", nil, adminToken))
    case .look(let event): socket.write(text("GET", "/api/events/\(event)", nil, token))
    case .resize(let event, let capacity):
      socket.write(
        text("PATCH", "/api/events/\(event)", #"{"seatCapacity":\#(capacity)}"#, adminToken))
    case .delete(let event): socket.write(text("DELETE", "/api/events/\(event)", nil, adminToken))
    case .update(let event, let patch): socket.write(text("PATCH", "/api/events/\(event)", patch, adminToken))
    }
  }

  private func text(
    _ method: String, _ path: String, _ body: String?, _ token: String, _ fields: String = ""
  ) -> String {
    var text =
      "\(method) \(path) HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer \(token)\r\n\(fields)"
    if let body {
      text += "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    } else {
      text += "\r\n"
    }
    return text
  }

  /// Reads at most `limit` bytes; true when there were any.
  func read(_ limit: Int = .max) -> Bool {
    guard let socket, socket.unread > 0 else { return false }
    for answer in answers.take(socket.read(limit)) {
      guard !waiting.isEmpty else {
        record.fault("\(name): an answer that nobody asked for: \(answer.status)")
        continue
      }
      take(answer, to: waiting.removeFirst())
    }
    return true
  }

  private func take(_ answer: HTTPAnswers.Answer, to request: Request) {
    let message = Message(answer.body)
    switch (request, answer.status) {
    case (.book(let event, let quantity, let key), 201):
      guard let seq = message.seq("seq"), let booking = message.text("bookingId") else {
        return record.fault("\(name): a booking without seq or number")
      }
      if message.number("quantity") != quantity { record.fault("\(name): another quantity") }
      record.booked(
        Record.Act(event: event, seq: seq, booking: booking, quantity: quantity), key: key)
      claim(message, event, seq)
    case (.look(let event), 200): claim(message, event, message.seq("seq") ?? 0)
    case (.resize(let event, _), 200), (.update(let event, _), 200):
      claim(message, event, message.seq("seq") ?? 0)
    case (.cancel, 200):
      if let event = message.number("eventId"), let seq = message.seq("seq") {
        claim(message, event, seq)
      }
    case (.delete(let event), 204): record.deleted(event)
    case (.delete(let event), 404), (.look(let event), 404), (.resize(let event, _), 404),
      (.update(let event, _), 404):
      if !record.mayBeDeleted(event) { record.fault("\(name): \(event) is said to be gone") }
    case (.book, 409), (.resize, 409), (.update, 409), (_, 503): break
    default: record.fault("\(name): \(request) was answered with \(answer.status) \(answer.body)")
    }
  }

  private func claim(_ message: Message, _ event: Int64, _ seq: UInt64) {
    guard let available = message.number("availableSeats") else {
      return record.fault("\(name): an answer without a count")
    }
    record.claim(
      Record.Claim(
        event: event, seq: seq, available: available, capacity: nil, type: nil, state: PublicState(message),
        who: name))
  }
}
