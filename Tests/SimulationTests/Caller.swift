// Somebody who books, cancels and asks over HTTP on one kept-alive connection, sometimes several requests at once,
// and checks that each is answered once, in order.

@testable import FanoutTestSupport

final class Caller {
  enum Request {
    case book(event: Int64, quantity: Int64, isHeld: Bool, key: String)
    case cancel(booking: String)
    case confirm(booking: String)
    case extend(booking: String)
    case join(event: Int64, quantity: Int64)
    /// Leaves the waiting list.
    case quit(event: Int64)
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
  /// Their numbers in the history.
  private var numbers: [Int] = []
  private let user: String

  init(name: String, user: Int64, token: String, adminToken: String, record: Record) {
    (self.name, self.token, self.adminToken, self.record) = (name, token, adminToken, record)
    self.user = String(user)
  }

  var isConnected: Bool { socket?.hasEnded == false }

  func connect(_ socket: ScriptedSocket) {
    leave()
    self.socket = socket
    answers = HTTPAnswers()
  }

  /// Breaks off, or the server is gone; what was asked may have happened or not.
  func leave() {
    if let socket, socket.isOpen { socket.reset() }
    socket = nil
    record.history.lose(numbers)
    (waiting, numbers) = ([], [])
  }

  func ask(_ request: Request) {
    guard isConnected, let socket else { return }
    waiting.append(request)
    record.asked(request)
    numbers.append(record.history.ask(name, user: user, request))
    socket.write(text(of: request))
  }

  private func text(of request: Request) -> String {
    switch request {
    case .book(let event, let quantity, let isHeld, let key):
      text(
        "POST", "/api/bookings", #"{"eventId":\#(event),"quantity":\#(quantity),"hold":\#(isHeld)}"#, token,
        "Idempotency-Key: \(key)\r\n")
    case .cancel(let booking): text("DELETE", "/api/bookings/\(booking)", nil, adminToken)
    case .confirm(let booking): text("POST", "/api/bookings/\(booking)/confirm", "{}", adminToken)
    case .extend(let booking): text("POST", "/api/bookings/\(booking)/extend", "{}", adminToken)
    case .join(let event, let quantity):
      text("POST", "/api/events/\(event)/waitlist", #"{"quantity":\#(quantity)}"#, token)
    case .quit(let event): text("DELETE", "/api/events/\(event)/waitlist", nil, token)
    case .look(let event): text("GET", "/api/events/\(event)", nil, token)
    case .resize(let event, let capacity):
      text("PATCH", "/api/events/\(event)", #"{"seatCapacity":\#(capacity)}"#, adminToken)
    case .delete(let event): text("DELETE", "/api/events/\(event)", nil, adminToken)
    case .update(let event, let patch): text("PATCH", "/api/events/\(event)", patch, adminToken)
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
      record.history.answer(numbers.removeFirst(), answer)
      take(answer, to: waiting.removeFirst())
    }
    return true
  }

  private func take(_ answer: HTTPAnswers.Answer, to request: Request) {
    let message = Message(answer.body)
    // Nothing took effect: the disk failed, or too much waited.
    if answer.status == 503 { return }
    switch (request, answer.status) {
    case (.book(let event, let quantity, _, let key), 201):
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
    case (.cancel(let booking), 200): claim(changed: booking, message) { record.cancelled(booking) }
    case (.confirm(let booking), 200): claim(changed: booking, message) { record.confirmed(booking) }
    case (.extend(let booking), 200): claim(changed: booking, message) {}
    case (.delete(let event), 204): record.deleted(event)
    case (_, 404): takeUnknown(request, answer)
    default:
      if !Self.mayRefuse(request, answer.status) {
        record.fault("\(name): \(request) was answered with \(answer.status) \(answer.body)")
      }
    }
  }

  /// Answers that claim nothing: refusals by a rule, and what changes no count.
  private static func mayRefuse(_ request: Request, _ status: Int) -> Bool {
    switch (request, status) {
    case (.book, 409), (.resize, 409), (.update, 409), (.delete, 409): true
    case (.confirm, 409), (.confirm, 410), (.extend, 409), (.extend, 410): true
    case (.join, 201), (.join, 409), (.quit, 204): true
    default: false
    }
  }

  /// Only an event that somebody wanted to delete may be unknown.
  private func takeUnknown(_ request: Request, _ answer: HTTPAnswers.Answer) {
    switch request {
    case .delete(let event), .look(let event), .resize(let event, _), .update(let event, _),
      .join(let event, _),
      .quit(let event):
      if !record.mayBeDeleted(event) { record.fault("\(name): \(event) is said to be gone") }
    case .book, .cancel, .confirm, .extend:
      record.fault("\(name): \(request) was answered with \(answer.body)")
    }
  }

  private func claim(changed booking: String, _ message: Message, _ note: () -> Void) {
    guard let event = message.number("eventId"), let seq = message.seq("seq"),
      message.text("bookingId") == booking
    else { return record.fault("\(name): an answer about \(booking) without event, seq or number") }
    note()
    claim(message, event, seq)
  }

  private func claim(_ message: Message, _ event: Int64, _ seq: UInt64) {
    guard let available = message.number("availableSeats") else {
      return record.fault("\(name): an answer without a count")
    }
    record.claim(
      Record.Claim(
        event: event, seq: seq, available: available, capacity: nil, types: message.types, type: nil,
        state: PublicState(message), who: name))
  }
}
