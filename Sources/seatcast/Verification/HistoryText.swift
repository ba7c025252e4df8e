// Writes the lines of a history (docs/VERIFY.md), each whole and with its end. What servers said is put in as it came. Pure.

enum HistoryText {
  typealias Member = (name: String, value: String)

  static func header(by program: String) -> [UInt8] {
    line("history", [("version", String(HistoryParser.version)), ("by", JSONText.string(program))])
  }

  /// - Parameter state: the answer of `GET /api/events/{id}`.
  static func event(_ id: Int, epoch: String?, isExclusive: Bool, state: [UInt8]) -> [UInt8] {
    line(
      "event",
      [("eventId", String(id))] + optional("epoch", epoch.map(JSONText.string))
        + [("exclusive", isExclusive ? "true" : "false"), ("state", text(state))])
  }

  static func request(_ request: HistoryRequest) -> [UInt8] {
    var members: [Member] = [
      ("at", String(request.at)), ("request", String(request.id)),
      ("client", JSONText.string(request.client)),
      ("act", JSONText.string(request.act.rawValue)),
    ]
    members += optional("userId", request.userID.map(JSONText.string))
    members += optional("eventId", request.event.map { String($0) })
    members += optional("bookingId", request.bookingID.map(JSONText.string))
    if request.act == .book || request.act == .join { members.append(("quantity", String(request.quantity))) }
    members += optional("typeId", request.typeID.map { String($0) })
    if request.isHold { members.append(("hold", "true")) }
    members += optional("key", request.key.map(JSONText.string))
    return line("request", members)
  }

  /// - Parameter body: as it came; what is no JSON object is left out.
  static func answer(
    to request: Int, at: Int64, status: Int, isReplayed: Bool, body: [UInt8]
  ) -> [UInt8] {
    var members: [Member] = [
      ("at", String(at)), ("request", String(request)), ("status", String(status)),
    ]
    if isReplayed { members.append(("replayed", "true")) }
    if isObject(body) { members.append(("body", text(body))) }
    return line("answer", members)
  }

  static func unanswered(_ request: Int) -> [UInt8] { line("unanswered", [("request", String(request))]) }

  static func opened(_ connection: Int, client: String, resume: ResumePoint?) -> [UInt8] {
    line("opened", on(connection) + [("client", JSONText.string(client))] + (resume.map(members) ?? []))
  }

  static func subscribe(_ connection: Int, _ resume: ResumePoint) -> [UInt8] {
    line("subscribe", on(connection) + members(resume))
  }

  /// - Parameter message: as it came; nil is given for what is no JSON object.
  static func frame(_ connection: Int, at: Int64, _ message: [UInt8]) -> [UInt8]? {
    guard isObject(message) else { return nil }
    return line("frame", [("at", String(at))] + on(connection) + [("message", text(message))])
  }

  static func pinged(_ connection: Int) -> [UInt8] { line("ping", on(connection)) }
  static func ponged(_ connection: Int) -> [UInt8] { line("pong", on(connection)) }

  static func pace(_ connection: Int, at: Int64, perSecond: Int) -> [UInt8] {
    line("pace", [("at", String(at))] + on(connection) + [("maxPerSecond", String(perSecond))])
  }

  static func closed(_ connection: Int, code: Int?) -> [UInt8] {
    line("closed", on(connection) + optional("code", code.map { String($0) }))
  }

  static let quiet = line("quiet", [])

  static func restored(epoch: String) -> [UInt8] { line("restored", [("epoch", JSONText.string(epoch))]) }

  /// - Parameter notice: as the server's log has it.
  static func notice(_ notice: [UInt8], epoch: String?) -> [UInt8] {
    line("notice", optional("epoch", epoch.map(JSONText.string)) + [("notice", text(notice))])
  }

  /// - Parameter booking: as the server lists it.
  static func booking(_ booking: [UInt8]) -> [UInt8] { line("booking", [("booking", text(booking))]) }

  static func listed(event: Int) -> [UInt8] { line("listed", [("eventId", String(event))]) }

  // MARK: Parts

  private static func line(_ kind: String, _ members: [Member]) -> [UInt8] {
    Array((JSONText.object([("kind", JSONText.string(kind))] + members) + "\n").utf8)
  }

  private static func on(_ connection: Int) -> [Member] { [("connection", String(connection))] }

  private static func members(_ point: ResumePoint) -> [Member] {
    [("eventId", String(point.event))] + optional("since", point.seq.map { String($0) })
      + optional("epoch", point.epoch.map(JSONText.string))
  }

  private static func optional(_ name: String, _ value: String?) -> [Member] {
    value.map { [(name, $0)] } ?? []
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  /// Servers write objects on one line.
  private static func isObject(_ bytes: [UInt8]) -> Bool {
    bytes.first == UInt8(ascii: "{") && bytes.last == UInt8(ascii: "}") && !bytes.contains(UInt8(ascii: "\n"))
  }
}
