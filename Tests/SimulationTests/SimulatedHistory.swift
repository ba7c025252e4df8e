// What everybody in a simulation asked and was told, as the lines that `seatcast verify` reads; the same checker judges them. One
// thread, so the order of the lines is the order of time.

@testable import ControlPlane
@testable import FanoutTestSupport
@testable import seatcast

final class SimulatedHistory {
  private(set) var lines: [[UInt8]] = []
  private var index = HistoryIndex()
  private var moment: Int64 = 0
  /// The microseconds of the simulation.
  var clock: () -> Int64 = { 0 }
  private var (requests, connections) = (0, 0)
  /// A line that cannot follow those before it: a fault of the simulation.
  private(set) var fault: String?

  init() { record(HistoryText.header(by: "simulation")) }

  private func record(_ line: [UInt8]) {
    lines.append(line)
    do throws(HistoryFault) {
      try index.take(line, number: lines.count)
    } catch {
      fault = fault ?? "line \(lines.count) of the history \(error): \(String(decoding: line, as: UTF8.self))"
    }
  }

  private func tick() -> Int64 {
    moment = max(moment + 1, clock())
    return moment
  }

  // MARK: Requests

  /// - Returns: the request's number.
  func ask(_ client: String, user: String, _ request: Caller.Request) -> Int {
    requests += 1
    var line = HistoryRequest(requests, at: tick(), client: client, Self.act(request))
    line.userID = user
    switch request {
    case .book(let event, let quantity, let isHeld, let key):
      (line.event, line.quantity, line.isHold, line.key) = (Int(event), Int(quantity), isHeld, key)
    case .cancel(let booking), .confirm(let booking), .extend(let booking): line.bookingID = booking
    case .join(let event, let quantity): (line.event, line.quantity) = (Int(event), Int(quantity))
    case .quit(let event), .look(let event), .resize(let event, _), .update(let event, _), .delete(let event):
      line.event = Int(event)
    }
    record(HistoryText.request(line))
    return requests
  }

  private static func act(_ request: Caller.Request) -> HistoryRequest.Act {
    switch request {
    case .book: .book
    case .cancel: .cancel
    case .confirm: .confirm
    case .extend: .extend
    case .join: .join
    case .quit: .leave
    case .look: .read
    case .resize, .update: .change
    case .delete: .delete
    }
  }

  func answer(_ request: Int, _ answer: HTTPAnswers.Answer) {
    record(
      HistoryText.answer(
        to: request, at: tick(), status: answer.status,
        isReplayed: answer.head.lowercased().contains("idempotency-replayed: true"),
        body: Array(answer.body.utf8)))
  }

  func lose(_ requests: [Int]) { for request in requests { record(HistoryText.unanswered(request)) } }

  // MARK: Connections

  func open(_ client: String, _ resume: ResumePoint? = nil) -> Int {
    connections += 1
    record(HistoryText.opened(connections, client: client, resume: resume))
    return connections
  }

  func subscribe(_ connection: Int, _ resume: ResumePoint) {
    record(HistoryText.subscribe(connection, resume))
  }

  func hear(_ connection: Int, _ text: String) {
    if let line = HistoryText.frame(connection, at: tick(), Array(text.utf8)) { record(line) }
  }

  /// The moment of what a client does next.
  func now() -> Int64 { tick() }
  /// - Parameter at: when it was asked for (`now`).
  func pace(_ connection: Int, at: Int64, _ perSecond: Int) {
    record(HistoryText.pace(connection, at: at, perSecond: perSecond))
  }
  func ping(_ connection: Int) { record(HistoryText.pinged(connection)) }
  func pong(_ connection: Int) { record(HistoryText.ponged(connection)) }
  func close(_ connection: Int, code: Int? = nil) { record(HistoryText.closed(connection, code: code)) }

  // MARK: The server's side

  func begin(_ event: Event, epoch: String) {
    let state =
      "{\"seq\":\(event.seq),\"availableSeats\":\(event.availableSeats),\"seatCapacity\":\(event.seatCapacity),"
      + "\"status\":\"\(event.details.status.rawValue)\"}"
    record(
      HistoryText.event(Int(event.id.rawValue), epoch: epoch, isExclusive: true, state: Array(state.utf8)))
  }

  func restore(epoch: String) { record(HistoryText.restored(epoch: epoch)) }

  func rest() { record(HistoryText.quiet) }

  /// The server's log as the witness.
  func testify(_ log: [Notice], epoch: String) {
    let encoder = NoticeEncoder(identity: .full, epoch: epoch)
    for notice in log { record(HistoryText.notice(encoder.text(of: notice), epoch: epoch)) }
  }

  func judge() -> Verdict { Checker.judge(index).verdict }
}
