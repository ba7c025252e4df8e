// Reads one line of a history (docs/VERIFY.md). Members that this version does not know are ignored; a kind of line that it does
// not know is refused, because a checker that skips lines proves nothing. Pure.
import SeatcastClient

enum HistoryParser {
  static let version = 1

  static func line(_ bytes: [UInt8]) throws(HistoryFault) -> HistoryLine {
    guard let line = JSONReading(bytes) else { throw HistoryFault("is no JSON object") }
    guard let kind = line.text("kind") else { throw HistoryFault("has no kind") }
    switch kind {
    case "history": return .header(version: try number("version", line))
    case "event": return .event(try event(line))
    case "request": return .request(try request(line))
    case "answer": return .answer(try answer(line))
    case "unanswered": return .unanswered(request: try number("request", line))
    case "quiet": return .quiet
    case "restored": return .restored(epoch: try text("epoch", line))
    case "notice": return .notice(try witness(try object("notice", line), line.text("epoch")))
    case "booking": return .booking(try booking(try object("booking", line)))
    case "listed": return .listed(event: try number("eventId", line))
    default: return try connectionLine(kind, line)
    }
  }

  private static func connectionLine(_ kind: String, _ line: JSONReading) throws(HistoryFault) -> HistoryLine
  {
    let connection = try number("connection", line)
    switch kind {
    case "opened":
      return .opened(connection: connection, client: try text("client", line), resume: resume(line))
    case "subscribe":
      guard let point = resume(line) else { throw HistoryFault("has no eventId") }
      return .subscribe(connection: connection, resume: point)
    case "frame":
      return .frame(connection: connection, at: try time(line), try frame(try object("message", line)))
    case "ping": return .pinged(connection: connection)
    case "pong": return .ponged(connection: connection)
    case "pace":
      return .pace(
        connection: connection, at: try time(line), perSecond: try number("maxPerSecond", line))
    case "closed": return .closed(connection: connection, code: line.integer("code"))
    default: throw HistoryFault("is of the unknown kind \(printable(kind))")
    }
  }

  // MARK: Requests

  private static func request(_ line: JSONReading) throws(HistoryFault) -> HistoryRequest {
    let word = try text("act", line)
    guard let act = HistoryRequest.Act(rawValue: word) else {
      throw HistoryFault("asks for the unknown act \(printable(word))")
    }
    var request = HistoryRequest(
      try number("request", line), at: try time(line), client: try text("client", line), act)
    (request.userID, request.event) = (name("userId", line), line.integer("eventId"))
    (request.bookingID, request.key) = (line.text("bookingId"), line.text("key"))
    (request.quantity, request.typeID) = (
      bounded(line.integer("quantity") ?? 1), line.integer("typeId")
    )
    request.isHold = line.bool("hold") == true
    switch act {
    case .book, .join, .leave, .change, .delete, .read:
      if request.event == nil { throw HistoryFault("asks to \(word) and has no eventId") }
    case .cancel, .confirm, .extend:
      if request.bookingID == nil { throw HistoryFault("asks to \(word) and has no bookingId") }
    }
    return request
  }

  private static func answer(_ line: JSONReading) throws(HistoryFault) -> HistoryAnswer {
    let status = try number("status", line)
    var answer = HistoryAnswer(request: try number("request", line), at: try time(line), status: status)
    answer.isReplayed = line.bool("replayed") == true
    guard let body = line.member("body") else { return answer }
    if answer.isSuccess { take(body, &answer) } else { refuse(body, &answer) }
    return answer
  }

  private static func take(_ body: JSONReading, _ answer: inout HistoryAnswer) {
    answer.event = body.integer("eventId") ?? body.integer("id")
    answer.booking = body.text("bookingId")
    answer.bookingStatus = answer.booking == nil ? nil : body.text("status")
    (answer.quantity, answer.typeID) = (body.integer("quantity"), body.integer("typeId"))
    (answer.expiresAt, answer.place) = (body.moment("expiresAt"), body.integer("position"))
    if let seq = seq("seq", body) {
      var telling = state(body, seq)
      // That of a booking is not the event's, and that of an event is what the clock makes of it when it is read.
      telling.status = nil
      answer.telling = telling
    }
  }

  static let problemPrefix = "urn:seatcast:problem:"

  private static func refuse(_ body: JSONReading, _ answer: inout HistoryAnswer) {
    let type = body.text("type") ?? ""
    answer.problem = type.hasPrefix(problemPrefix) ? String(type.dropFirst(problemPrefix.count)) : type
    answer.available = body.integer("available")
  }

  // MARK: What is told of events

  private static func event(_ line: JSONReading) throws(HistoryFault) -> TellingOf {
    let state = try object("state", line)
    guard let seq = seq("seq", state) else { throw HistoryFault("has no seq") }
    return TellingOf(
      event: try number("eventId", line), telling: self.state(state, seq), epoch: line.text("epoch"),
      isExclusive: line.bool("exclusive") ?? true)
  }

  /// What a message, an answer or an entry of a log tells of the state behind `seq`.
  private static func state(_ message: JSONReading, _ seq: UInt64) -> Telling {
    var telling = Telling(seq: seq)
    telling.availableSeats = message.integer("availableSeats")
    telling.seatCapacity = message.integer("seatCapacity")
    telling.status = message.text("status")
    telling.types = message.elements("types").compactMap { type in
      guard let id = type.integer("id"), let available = type.integer("available") else { return nil }
      return TypeSeats(id: id, available: bounded(available))
    }
    return telling
  }

  /// The server's notices, and entries of its feed (docs/API.md).
  private static let changes: [String: Telling.Change] = [
    "booking_created": .created, "booking_held": .created, "booking_confirmed": .created,
    "booking_cancelled": .cancelled, "booking_expired": .cancelled, "seat_update": .resized,
    "capacity_changed": .resized, "event_updated": .updated, "event_cancelled": .updated,
    "event_deleted": .updated,
  ]

  private static func change(_ message: JSONReading, _ type: String, _ seq: UInt64) -> Telling {
    var telling = state(message, seq)
    telling.change = changes[type]
    (telling.bookingID, telling.userID) = (message.text("bookingId"), name("userId", message))
    (telling.quantity, telling.typeID) = (message.integer("quantity"), message.integer("typeId"))
    telling.stamp = message.moment("timestamp") ?? message.moment("at")
    if type == "booking_expired" { telling.isExpiry = true }
    return telling
  }

  /// A line of a file of notices: as the log or the feed of the server has it, or as a line of a history.
  /// - Returns: nil: an entry of the feed that changed no count.
  static func notice(_ bytes: [UInt8]) throws(HistoryFault) -> TellingOf? {
    guard let line = JSONReading(bytes) else { throw HistoryFault("is no JSON object") }
    if line.text("kind") == "notice" {
      return try witness(try object("notice", line), line.text("epoch"))
    }
    guard line.text("type") != nil else { throw HistoryFault("is no notice: it has no type") }
    // Confirmations, extensions and new events stand in the feed alone.
    return line.integer("seq") == nil ? nil : try witness(line, line.text("epoch"))
  }

  private static func witness(
    _ notice: JSONReading, _ epoch: String?
  ) throws(HistoryFault) -> TellingOf {
    let type = try text("type", notice)
    guard changes[type] != nil else { throw HistoryFault("is of the unknown type \(printable(type))") }
    guard let seq = seq("seq", notice) else { throw HistoryFault("has no seq") }
    var telling = change(notice, type, seq)
    guard telling.availableSeats != nil, telling.seatCapacity != nil else {
      throw HistoryFault("has no counts")
    }
    if type == "booking_cancelled", notice.text("position") != nil { telling.isExpiry = false }
    return TellingOf(event: try number("eventId", notice), telling: telling, epoch: epoch)
  }

  private static func booking(_ booking: JSONReading) throws(HistoryFault) -> ListedBooking {
    ListedBooking(
      event: try number("eventId", booking), bookingID: try text("bookingId", booking),
      quantity: try number("quantity", booking), status: try text("status", booking))
  }

  // MARK: Frames

  static func frame(_ message: JSONReading) throws(HistoryFault) -> ServerFrame {
    let type = message.text("type") ?? ""
    switch type {
    case "connection_established", "subscribed":
      guard let event = message.integer("eventId") else { return .other }
      guard let seq = seq("seq", message) else { throw HistoryFault("is a greeting without seq") }
      return .greeting(
        TellingOf(event: event, telling: state(message, seq), epoch: message.text("epoch")),
        isResumed: message.bool("recovered"))
    case "booking_created", "booking_cancelled", "seat_update", "event_updated":
      guard let event = message.integer("eventId"), let seq = seq("seq", message) else {
        throw HistoryFault("is a notice without eventId or seq")
      }
      return .notice(TellingOf(event: event, telling: notice(message, type, seq)))
    case "pong": return .pong(positions(message))
    case "unsubscribed": return .unsubscribed(event: try number("eventId", message))
    case "error": return .refused(event: message.integer("eventId"), code: message.text("code") ?? "")
    case "waitlist_offer":
      return .offer(event: try number("eventId", message), bookingID: try text("bookingId", message))
    case "server_draining": return .draining
    default: return .other
    }
  }

  /// What stands for missed notices tells a state and no change.
  private static func notice(_ message: JSONReading, _ type: String, _ seq: UInt64) -> Telling {
    guard let from = self.seq("fromSeq", message) else { return change(message, type, seq) }
    var telling = state(message, seq)
    // Where it does not end at its own seq, it stands for nothing that could be right.
    telling.fromSeq = self.seq("toSeq", message) == seq ? from : seq &+ 1
    return telling
  }

  private static func positions(_ pong: JSONReading) -> [ResumePoint] {
    pong.elements("positions").compactMap { position in
      guard let event = position.integer("eventId"), let seq = seq("seq", position) else { return nil }
      return ResumePoint(event: event, seq: seq)
    }
  }

  // MARK: Members

  private static func resume(_ line: JSONReading) -> ResumePoint? {
    line.integer("eventId").map { ResumePoint(event: $0, seq: seq("since", line), epoch: line.text("epoch")) }
  }

  private static func object(_ name: String, _ line: JSONReading) throws(HistoryFault) -> JSONReading {
    guard let object = line.member(name) else { throw HistoryFault("has no object \(name)") }
    return object
  }

  private static func text(_ name: String, _ line: JSONReading) throws(HistoryFault) -> String {
    guard let text = line.text(name) else { throw HistoryFault("has no \(name)") }
    return text
  }

  private static func number(_ name: String, _ line: JSONReading) throws(HistoryFault) -> Int {
    guard let number = line.integer(name) else { throw HistoryFault("has no number \(name)") }
    return number
  }

  private static func time(_ line: JSONReading) throws(HistoryFault) -> Int64 {
    let time = Int64(try number("at", line))
    guard (-farthest...farthest).contains(time) else { throw HistoryFault("has a time that no clock tells") }
    return time
  }

  /// What lies between two times does not overflow.
  private static let farthest: Int64 = 1 << 61

  /// Seats, as facts have them: a file may say anything, and what is computed of it does not overflow.
  private static func bounded(_ seats: Int) -> Int { Int(Int32(clamping: seats)) }

  private static func seq(_ name: String, _ line: JSONReading) -> UInt64? {
    line.integer(name).flatMap { UInt64(exactly: $0) }
  }

  /// A user's number or word.
  private static func name(_ name: String, _ line: JSONReading) -> String? {
    line.text(name) ?? line.integer(name).map(String.init)
  }
}
