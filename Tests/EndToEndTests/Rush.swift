// The actors of a rush: people who fight for seats and watchers who hear everything. Each runs on a thread of
// its own, survives the server's death by trying again, and keeps a record for the end.
import TestSupport

@testable import seatcast

/// Where the rush takes place; ports change with every restart.
struct RushServer: Sendable {
  let server: ServerProcess
  /// More nodes over the same database. Whoever loses one, or waits too long for its answer, goes on with any.
  var others: [ServerProcess] = []
  var patience: Duration = .seconds(20)
  let mint: TokenMint
  let event: Int
  let end = RushEnd()
  /// What everybody asked and was told, for the checker of `seatcast verify`.
  let history: HistoryRecorder

  /// Of any node.
  var port: Int { ([server] + others).randomElement()?.port ?? server.port }

  /// Repeats until the server answers with something definite; a dead or draining server is waited for.
  /// 401 comes only from a foreign server that got the port of one that died.
  /// - Parameter request: what is asked for; nil: it is not recorded.
  func insist(
    _ client: inout HTTPClient, _ request: HistoryRequest? = nil, _ act: (HTTPClient) throws -> HTTPAnswer
  ) throws -> HTTPAnswer {
    let deadline = Deadline(.seconds(120))
    while true {
      let answer = try record(request) { try act(client) }
      if let answer, answer.status != 401, answer.status != 503 { return answer }
      if deadline.hasPassed { throw TestFailure("no definite answer for two minutes") }
      client = HTTPClient(port: port, token: client.token, patience: patience)
      pause(milliseconds: 20)
    }
  }
}

extension RushServer {
  /// The event's, as one of the nodes has it.
  func seq() throws -> Int {
    var client = HTTPClient(port: port, token: nil, patience: patience)
    return try insist(&client) { try $0.get("/api/events/\(event)") }.json().number("seq")
  }

  /// - Returns: nil: there was no answer.
  private func record(_ request: HistoryRequest?, _ act: () throws -> HTTPAnswer) throws -> HTTPAnswer? {
    guard let request else { return try? act() }
    let id = history.ask { number in
      var request = request
      (request.id, request.at) = (number, HistoryRecorder.now)
      return request
    }
    guard let answer = try? act(), answer.status != 401 else {
      history.lose(id)
      return nil
    }
    history.answer(
      to: id, at: HistoryRecorder.now, status: answer.status,
      isReplayed: answer.field("Idempotency-Replayed") == "true", body: answer.body)
    return answer
  }

  func request(_ act: HistoryRequest.Act, person: Int) -> HistoryRequest {
    var request = HistoryRequest(0, at: 0, client: "person \(person)", act)
    (request.event, request.userID) = (event, String(person))
    return request
  }
}

/// Tells everybody when the rush is over and how many notices there were in all; counts who watches.
final class RushEnd: Sendable {
  private let state = Guarded<(isClosing: Bool, lastSeq: Int?, watching: Int)>((false, nil, 0))
  var isClosing: Bool { state.withLock { $0.isClosing } }
  var lastSeq: Int? { state.withLock { $0.lastSeq } }
  var watching: Int { state.withLock { $0.watching } }
  func arrive() { state.withLock { $0.watching += 1 } }
  func close() { state.withLock { $0.isClosing = true } }
  func announce(lastSeq: Int) { state.withLock { $0.lastSeq = lastSeq } }
}

/// What one person did and was told.
struct RushRecord: Sendable {
  /// Quantity by booking, for each acknowledged booking.
  var booked: [String: Int] = [:]
  var cancelled: Set<String> = []
  var refusals = 0
  /// Sentences about answers that must not be.
  var faults: [String] = []
}

/// One person: books one to three seats, gives some back, and again, `rounds` times or until the end.
func rushFor(_ rush: RushServer, person: Int, rounds: Int?, seed: UInt64) throws -> RushRecord {
  var random = SeededRandom(seed: seed &+ UInt64(person))
  var record = RushRecord()
  var client = HTTPClient(port: rush.port, token: rush.mint.token(user: person), patience: rush.patience)
  var kept: [String] = []
  var round = 0
  while !rush.end.isClosing, round < rounds ?? Int.max {
    round += 1
    // Without an end of their own they take their time: what a watcher may miss in one life is bounded.
    if rounds == nil { pause(milliseconds: Int.random(in: 50...400, using: &random)) }
    if !kept.isEmpty, Bool.random(using: &random) {
      let booking = kept.remove(at: Int.random(in: kept.indices, using: &random))
      var request = rush.request(.cancel, person: person)
      request.bookingID = booking
      let answer = try rush.insist(&client, request) { try $0.request("DELETE", "/api/bookings/\(booking)") }
      if answer.status == 200 {
        record.cancelled.insert(booking)
      } else {
        record.faults.append("cancelling \(booking) gave \(answer.status) \(answer.text)")
      }
      continue
    }
    let quantity = Int.random(in: 1...3, using: &random)
    let key = "person-\(person)-round-\(round)"
    var request = rush.request(.book, person: person)
    (request.quantity, request.key) = (quantity, key)
    let answer = try rush.insist(&client, request) {
      try $0.tryToBook(rush.event, quantity: quantity, key: key)
    }
    switch answer.status {
    case 201:
      let booking = try answer.json().word("bookingId")
      if record.booked.updateValue(quantity, forKey: booking) != nil {
        record.faults.append("\(booking) was given twice")
      }
      kept.append(booking)
    case 409 where try answer.problem() == "sold-out":
      record.refusals += 1
      pause(milliseconds: Int.random(in: 1...20, using: &random))
    default: record.faults.append("booking gave \(answer.status) \(answer.text)")
    }
  }
  return record
}

/// One watcher: the texts of all notices from seq 1 on, as they came; it resumes when the connection ends.
func watchRush(_ rush: RushServer, user: Int) throws -> [String] {
  var texts: [String] = []
  /// More than there are texts, where the state was told instead of what was missed.
  var seq = 0
  var epoch: String?
  let deadline = Deadline(.seconds(240))
  while rush.end.lastSeq.map({ seq < $0 }) ?? true {
    if deadline.hasPassed { throw TestFailure("a watcher has heard \(seq) notices and waits") }
    let resume = epoch.map { "?since=\(seq)&epoch=\($0)" } ?? ""
    guard
      let socket = try? WebSocketClient(
        port: rush.port, path: "/ws/events/\(rush.event)\(resume)",
        token: rush.mint.token(user: user), patience: rush.patience)
    else {
      pause(milliseconds: 20)
      continue
    }
    let place = epoch.map { ResumePoint(event: rush.event, seq: UInt64(seq), epoch: $0) }
    let connection = rush.history.open(client: "watcher \(user)", resume: place)
    defer { if rush.end.lastSeq.map({ seq < $0 }) ?? true { rush.history.close(connection) } }
    try listen(to: socket, rush, connection, &texts, &seq, &epoch)
  }
  return texts
}

/// Reads until the connection ends or everything is heard.
private func listen(
  to socket: WebSocketClient, _ rush: RushServer, _ connection: Int, _ texts: inout [String],
  _ seq: inout Int, _ epoch: inout String?
) throws {
  while rush.end.lastSeq.map({ seq < $0 }) ?? true {
    do {
      guard case .text(let text) = try socket.next(within: .milliseconds(200)) else { return }
      rush.history.hear(connection, at: HistoryRecorder.now, Array(text.utf8))
      if text.contains("\"connection_established\"") {
        let greeting = try JSON(parsing: text)
        let wasResumed = greeting["recovered"]?.bool
        guard wasResumed == (epoch == nil ? nil : true) else {
          throw TestFailure("after \(seq) notices the greeting was \(text)")
        }
        if epoch == nil { rush.end.arrive() }
        epoch = try greeting.word("epoch")
      } else if !text.contains("\"server_draining\"") {
        texts.append(text)
        seq = try text.contains("\"toSeq\"") ? JSON(parsing: text).number("toSeq") : seq + 1
      }
    } catch is Silence {
      continue
    } catch is ConnectionEnded {
      return
    }
  }
}
