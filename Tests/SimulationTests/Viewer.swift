// Somebody who watches events over WebSocket or an event stream, and checks every byte: on one connection `seq`
// never goes back, each skip is declared, and nothing comes of what was not asked for.

@testable import FanoutTestSupport
@testable import seatcast

/// The rules for what one connection is told about its events.
struct Watching {
  /// The last `seq` of each event that the server says is subscribed.
  private(set) var cursors: [Int64: UInt64] = [:]
  /// Messages that stood for several missed ones.
  private(set) var skips = 0
  private(set) var notices = 0
  /// The last number of viewers of each event, and how many such numbers came.
  private(set) var viewers: [Int64: Int64] = [:]
  private(set) var counts = 0
  /// Events whose deletion was told: their subscriptions end a moment later.
  private var deleted: Set<Int64> = []
  /// Whether some event was asked for again, so that its subscription may be under way.
  var isReplacing = false
  let who: String
  /// Whether it shows no token, and must never be told who booked what.
  let isAnonymous: Bool
  let record: Record

  init(who: String, isAnonymous: Bool, record: Record) {
    (self.who, self.isAnonymous, self.record) = (who, isAnonymous, record)
  }

  /// A welcome: `asked` are the places after which this connection asked to go on.
  mutating func greeting(_ message: Message, asked: Set<UInt64>) {
    guard let event = message.number("eventId"), let seq = message.seq("seq") else { return }
    if message.text("recovered") == "true" {
      if !asked.contains(seq) {
        record.fault("\(who): goes on after \(seq), which nobody asked for")
      }
    } else {
      if let old = cursors[event], seq < old { record.fault("\(who): back from \(old) to \(seq)") }
      claim(message, event, seq, type: nil)
    }
    cursors[event] = seq
  }

  mutating func notice(_ message: Message) {
    checkIdentity(message)
    guard let event = message.number("eventId"), let seq = message.seq("seq") else {
      return record.fault("\(who): a notice without event or seq")
    }
    guard let cursor = cursors[event] else {
      return record.fault("\(who): notice \(seq) of \(event), which is not subscribed")
    }
    if let first = message.seq("fromSeq") {
      let last = message.seq("toSeq")
      if first != cursor + 1 || last != seq || seq < first || message.type != "seat_update" {
        record.fault("\(who): stands at \(cursor), is told \(first) to \(last ?? 0) at \(seq)")
      }
      skips += 1
      claim(message, event, seq, type: nil)
    } else {
      if seq != cursor + 1 {
        record.fault("\(who): stands at \(cursor) of \(event), is told \(seq)")
      }
      claim(message, event, seq, type: message.type)
    }
    notices += 1
    cursors[event] = seq
  }

  /// Who booked what is told to everybody with a token and to nobody else.
  private func checkIdentity(_ message: Message) {
    let isBooking = message.type == "booking_created" || message.type == "booking_cancelled"
    let isTold = isBooking && !isAnonymous
    if (message.text("bookingId") != nil) != isTold || (message.text("userId") != nil) != isTold {
      record.fault("\(who): a \(message.type) that tells too much or too little")
    }
  }

  mutating func forget(_ event: Int64, isDeleted: Bool = false) {
    (cursors[event], viewers[event]) = (nil, nil)
    if isDeleted { deleted.insert(event) }
  }

  /// How many watch an event, which is told only to those who do.
  mutating func counted(_ message: Message) {
    guard let event = message.number("eventId"), let number = message.number("viewers"), number > 0 else {
      return record.fault("\(who): viewers of no event, or none of them")
    }
    if cursors[event] == nil, !deleted.contains(event) {
      record.fault("\(who): viewers of \(event), which is not subscribed")
    }
    viewers[event] = number
    counts += 1
  }

  /// A pong tells of each subscribed event the last `seq` that came before it. A subscription under way may be missing.
  func positions(_ text: String) {
    let numbers = text.split { !$0.isNumber }.compactMap { UInt64($0) }
    // The timestamp has seven numbers.
    let pairs = numbers.dropLast(7)
    guard text.hasPrefix(#"{"type":"pong","positions":["#), pairs.count.isMultiple(of: 2) else {
      return record.fault("\(who): a strange pong: \(text)")
    }
    for index in stride(from: 0, to: pairs.count, by: 2) {
      let (event, seq) = (Int64(pairs[index]), pairs[index + 1])
      if cursors[event] != seq, !deleted.contains(event) {
        record.fault("\(who): a pong says \(seq) of \(event), which was told up to \(cursors[event] ?? 0)")
      }
    }
    if pairs.count < 2 * cursors.count, !isReplacing {
      record.fault("\(who): a pong tells of \(pairs.count / 2) events of \(cursors.count)")
    }
  }

  private func claim(_ message: Message, _ event: Int64, _ seq: UInt64, type: String?) {
    guard let available = message.number("availableSeats") else {
      return record.fault("\(who): seq \(seq) of \(event) without a count")
    }
    record.claim(
      Record.Claim(
        event: event, seq: seq, available: available, capacity: message.number("seatCapacity"),
        types: message.types, type: type, state: PublicState(message), who: who))
    // A greeting with counts, and what stands for missed notices, must tell the public state.
    if type == nil || type == "event_updated", PublicState(message) == nil {
      record.fault("\(who): seq \(seq) of \(event) without the public state")
    }
  }
}

/// A WebSocket client that comes, goes and comes back.
final class Viewer {
  let name: String
  private let record: Record
  /// Nil: an anonymous viewer.
  private let token: String?
  private let epoch: String
  private var wire: FaultyWire?
  /// What arrives at the server in place of the epoch that this client names; nil: that.
  var epochOnWire: String?
  private(set) var client: ScriptedClient?
  /// Its number in the history, while it is open there.
  private var connection: Int?
  /// A ping was answered, and what the server may have said before is not read yet.
  private var hasPonged = false
  /// Whether what the server has said may wait on its side, so that an answer to a ping can come too late.
  private var isNarrow = false
  private(set) var watching: Watching
  /// The last `seq` seen of each event, over all connections.
  private var known: [Int64: UInt64] = [:]
  /// Of which epoch that is.
  private var epochs: [Int64: String] = [:]
  /// The places after which this connection asked to go on.
  private var asked: [Int64: Set<UInt64>] = [:]
  /// What this connection asked for last; true: to be subscribed.
  private(set) var wishes: [Int64: Bool] = [:]
  private(set) var closeCode: UInt16?
  private(set) var sawDraining = false
  private(set) var conflations = 0
  private(set) var recoveries = 0
  private(set) var pongs = 0
  /// Paces that came to hold.
  private(set) var paces = 0
  /// Pings of this connection, and how many were answered.
  private var pings = (sent: 0, answered: 0)
  /// A pace that holds when so many pings are answered, and when it was asked for.
  private var pace: (perSecond: Int, at: Int64, pings: Int)?
  /// Connections of which the other end has gone without a word: it neither reads nor writes nor closes.
  private(set) var ghosts: [ScriptedSocket] = []
  /// Texts that were compressed, on earlier connections.
  private var deflatedBefore = 0
  /// Subscriptions that ended because the event was deleted.
  private(set) var withdrawals = 0

  init(name: String, token: String?, epoch: String, record: Record, wire: FaultyWire? = nil) {
    (self.name, self.token, self.epoch, self.record) = (name, token, epoch, record)
    self.wire = wire
    watching = Watching(who: name, isAnonymous: token == nil, record: record)
  }

  /// Connected as far as it knows, and neither side has said goodbye.
  var isWatching: Bool { client?.socket.isOpen == true && closeCode == nil }

  /// Texts that were compressed.
  var deflated: Int { deflatedBefore + (client?.frames.deflatedTexts ?? 0) }

  /// - Parameter extensions: what it offers as `Sec-WebSocket-Extensions`; nil: nothing.
  func connect(_ socket: ScriptedSocket, to event: Int64?, resuming: Bool, extensions: String?) {
    leave()
    watching = Watching(who: name, isAnonymous: token == nil, record: record)
    (asked, wishes, closeCode, sawDraining) = ([:], [:], nil, false)
    client = ScriptedClient(socket)
    (hasPonged, isNarrow) = (false, socket.capacity < 1 << 20)
    (pings, pace) = ((0, 0), nil)
    var point: ResumePoint?
    var path = event.map { "/ws/events/\($0)" } ?? "/ws"
    path += token.map { "?token=\($0)" } ?? "?"
    if let event {
      wishes[event] = true
      if resuming, let seq = known[event] {
        let own = epochs[event] ?? epoch
        path += "&since=\(seq)&epoch=\(epochOnWire ?? own)"
        asked[event, default: []].insert(seq)
        point = ResumePoint(event: Int(event), seq: seq, epoch: own)
      }
    }
    connection = record.history.open(name, point)
    socket.write(ScriptedClient.upgrade(path, ScriptedClient.field(extensions)))
  }

  /// Breaks off without a word.
  func leave() {
    if let socket = client?.socket, socket.isOpen { socket.reset() }
    forgetConnection()
  }

  private func forgetConnection(code: UInt16? = nil) {
    if let connection { record.history.close(connection, code: code.map { Int($0) }) }
    connection = nil
    guard code == nil else { return }
    deflatedBefore = deflated
    client = nil
  }

  /// The connection may have ended without a word.
  func noteEnd() { if client?.socket.isOpen != true { forgetConnection() } }

  /// Its machine loses the network: the server hears nothing of it.
  func vanish() {
    if let socket = client?.socket, socket.isOpen { ghosts.append(socket) }
    forgetConnection()
  }

  /// The server is gone, and with it every connection.
  func lose() {
    leave()
    ghosts = []
  }

  func subscribe(_ event: Int64, resuming: Bool) {
    guard isWatching else { return }
    wishes[event] = true
    watching.isReplacing = true
    if resuming, let seq = known[event] {
      asked[event, default: []].insert(seq)
      let own = epochs[event] ?? epoch
      if let connection {
        record.history.subscribe(connection, ResumePoint(event: Int(event), seq: seq, epoch: own))
      }
      client?.sayDeflated(
        #"{"type":"subscribe_event","eventId":\#(event),"since":\#(seq),"epoch":"\#(epochOnWire ?? own)"}"#)
    } else {
      client?.say(#"{"type":"subscribe_event","eventId":\#(event)}"#)
    }
  }

  func unsubscribe(_ event: Int64) {
    guard isWatching else { return }
    wishes[event] = false
    client?.say(#"{"type":"unsubscribe_event","eventId":\#(event)}"#)
  }

  /// Asks for answers; many of them are more than a server keeps for one that does not read.
  func ping(times: Int) {
    guard isWatching else { return }
    pings.sent += times
    for _ in 0..<times { client?.sayDeflated(#"{"type":"ping"}"#) }
  }

  /// Asks for a pace, and for an answer to know when it holds.
  func setPace(_ perSecond: Int) {
    guard isWatching, let connection else { return }
    record.history.pace(connection, at: record.history.now(), 0)
    pace = (perSecond, record.history.now(), pings.sent + 1)
    if wire?.losesPaces != true { client?.say(#"{"type":"set_pace","maxPerSecond":\#(perSecond)}"#) }
    ping(times: 1)
  }

  private func answered() {
    pongs += 1
    pings.answered += 1
    guard let pace, pace.pings == pings.answered, let connection else { return }
    record.history.pace(connection, at: pace.at, pace.perSecond)
    paces += 1
  }

  func setWindow(_ bytes: Int) {
    isNarrow = isNarrow || bytes < 1 << 20
    client?.socket.capacity = bytes
  }

  func close() { if isWatching { client?.socket.write(ClientFrames.close(1000)) } }

  /// Reads at most `limit` bytes; true when there were any.
  func read(_ limit: Int = .max) -> Bool {
    guard let client else { return false }
    let before = client.socket.unread
    for frame in client.read(limit) { take(frame) }
    if hasPonged, !isNarrow, client.socket.unread == 0, !client.frames.isInFrame, let connection {
      hasPonged = false
      record.history.pong(connection)
    }
    if let offence = client.frames.offence { record.fault("\(name): \(offence)") }
    return before > 0
  }

  private func take(_ frame: ServerFrames.Frame) {
    switch frame {
    case .ping:
      if let connection { record.history.ping(connection) }
      hasPonged = true
      client?.socket.write(ClientFrames.pong())
    case .close(let code, _):
      closeCode = code ?? 1005
      client?.socket.write(ClientFrames.close(code))
      forgetConnection(code: closeCode)
    case .text(let text):
      for _ in 0..<(wire?.copies(of: text) ?? 1) {
        if let connection { record.history.hear(connection, text) }
        let message = Message(text)
        if message.type == "pong" { watching.positions(text) }
        take(message)
      }
    case .pong, .binary: record.fault("\(name): an unwanted frame")
    }
  }

  private func take(_ message: Message) {
    let event = message.number("eventId")
    switch message.type {
    case "connection_established", "subscribed":
      if message.text("recovered") == "true" { recoveries += 1 }
      watching.greeting(message, asked: event.flatMap { asked[$0] } ?? [])
      if let event { epochs[event] = message.text("epoch") ?? epochs[event] }
    case "booking_created", "booking_cancelled", "seat_update", "event_updated":
      if message.text("fromSeq") != nil { conflations += 1 }
      watching.notice(message)
      if let event, message.text("status") == "deleted" {
        watching.forget(event, isDeleted: true)
        wishes[event] = nil
        withdrawals += 1
      }
    case "unsubscribed": if let event { watching.forget(event) }
    case "error":
      // Refused: what was subscribed before was left for it.
      if let event, message.text("code") != "not_subscribed" {
        watching.forget(event)
        // Another wish for it may be on its way.
        wishes[event] = nil
      }
    case "server_draining": sawDraining = true
    case "pong": answered()
    case "viewers": watching.counted(message)
    case "waitlist_offer":
      if let event, let booking = message.text("bookingId"), let quantity = message.number("quantity") {
        record.offered(booking, of: event, quantity: quantity)
      }
      return
    case "waitlist_position": return
    default: record.fault("\(name): a message of type \(message.type)")
    }
    if let event, let seq = watching.cursors[event] { known[event] = seq }
  }
}

/// A client of an event stream.
final class Listener {
  let name: String
  let event: Int64
  private let record: Record
  /// Nil: an anonymous viewer.
  private let token: String?
  private(set) var socket: ScriptedSocket?
  /// Its number in the history, while it is open there.
  private var connection: Int?
  private(set) var watching: Watching
  private var bytes: [UInt8] = []
  private var isHeadRead = false
  private var asked: Set<UInt64> = []
  /// As it was sent: epoch and seq.
  private var lastID: String?

  init(name: String, event: Int64, token: String?, record: Record) {
    (self.name, self.event, self.token, self.record) = (name, event, token, record)
    watching = Watching(who: name, isAnonymous: token == nil, record: record)
  }

  /// Whether the server has said where it stands, and the connection is up.
  var isListening: Bool { socket?.hasEnded == false && watching.cursors[event] != nil }

  /// The stream may have ended.
  func noteEnd() { if !isListening { lose() } }

  /// The server is gone.
  func lose() {
    if let socket, socket.isOpen { socket.reset() }
    socket = nil
    if let connection { record.history.close(connection) }
    connection = nil
  }

  func connect(_ socket: ScriptedSocket) {
    lose()
    (self.socket, bytes, isHeadRead, asked) = (socket, [], false, [])
    watching = Watching(who: name, isAnonymous: token == nil, record: record)
    var fields = token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
    if let lastID {
      fields += "Last-Event-ID: \(lastID)\r\n"
      asked = Set(lastID.split(separator: ".").last.flatMap { UInt64($0) }.map { [$0] } ?? [])
    }
    connection = record.history.open(name, lastID.flatMap { point($0) })
    socket.write(
      "GET /api/events/\(event)/stream HTTP/1.1\r\nHost: here\r\n\(fields)\r\n")
  }

  private func point(_ id: String) -> ResumePoint? {
    let parts = id.split(separator: ".")
    return parts.last.flatMap { UInt64($0) }.map {
      ResumePoint(event: Int(event), seq: $0, epoch: parts.first.map(String.init))
    }
  }

  func read(_ limit: Int = .max) -> Bool {
    guard let socket, socket.unread > 0 else { return false }
    bytes += socket.read(limit)
    if !isHeadRead, let stop = HTTPAnswers.endOfHead(bytes[...]) {
      let head = String(decoding: bytes[..<stop], as: UTF8.self)
      if !head.hasPrefix("HTTP/1.1 200") && !head.hasPrefix("HTTP/1.1 503") {
        record.fault("\(name): \(head.prefix(40))")
      }
      isHeadRead = true
      bytes.removeFirst(stop)
    }
    if isHeadRead { readEvents() }
    return true
  }

  private func readEvents() {
    var start = 0
    var index = 0
    while index + 1 < bytes.count {
      if bytes[index] == 10 && bytes[index + 1] == 10 {
        take(String(decoding: bytes[start..<index], as: UTF8.self))
        index += 2
        start = index
      } else {
        index += 1
      }
    }
    bytes.removeFirst(start)
  }

  private func take(_ block: String) {
    var id: String?
    var data: String?
    for line in block.split(separator: "\n") {
      if line.hasPrefix("id: ") { id = String(line.dropFirst(4)) }
      if line.hasPrefix("data: ") { data = String(line.dropFirst(6)) }
    }
    guard let data else { return }
    if let connection { record.history.hear(connection, data) }
    let message = Message(data)
    switch message.type {
    case "connection_established", "subscribed": watching.greeting(message, asked: asked)
    case "booking_created", "booking_cancelled", "seat_update", "event_updated":
      watching.notice(message)
    case "server_draining": return
    case "viewers": return watching.counted(message)
    default: record.fault("\(name): a message of type \(message.type)")
    }
    if id?.split(separator: ".").last.flatMap({ UInt64($0) }) != message.seq("seq") {
      record.fault("\(name): id \(id ?? "none") of \(data)")
    }
    lastID = id
  }
}
