// The rush itself: viewers that watch, and users that book over shared or own connections. One task per viewer and per
// connection, on Swift's threads; all sockets on the network's one thread.
import SeatcastClient

struct RehearsalCrowd: Sendable {
  private static let longestPause = 5.0

  let plan: RehearsalPlan
  let event: Int
  let users: [RehearsalUser]
  /// Connections that the users share.
  let connections: Int
  let client: SeatcastClient
  let recorder: RehearsalRecorder

  // MARK: Viewers

  /// Watches as one viewer until it is cancelled.
  func watch(_ viewer: Int) async {
    let user = users[viewer % users.count]
    let watcher = SeatcastClient(client, token: .fixed(user.token))
    let recorder = recorder
    guard recorder.history.hasFile else {
      return (try? await watcher.runFeed(of: event) { recorder.record($0, of: viewer) }) ?? ()
    }
    try? await watcher.runFeed(of: event, tap: { recorder.record(text: $0, of: viewer) }) {
      recorder.record($0, of: viewer)
    }
  }

  // MARK: Users

  /// Lets all users come, and returns when each has an outcome.
  func rush() async {
    let start = HistoryRecorder.now
    await withTaskGroup(of: Void.self) { group in
      for connection in 0..<connections {
        group.addTask {
          let client = SeatcastClient(client, token: .none)
          for number in stride(from: connection, to: users.count, by: connections) {
            if plan.rate > 0 {
              let due = start + Int64(number) * 1_000_000 / Int64(plan.rate)
              try? await Task.sleep(for: .microseconds(max(0, due - HistoryRecorder.now)))
            }
            if Task.isCancelled { return }
            await act(number, over: client, until: start + Int64(plan.seconds) * 1_000_000)
          }
        }
      }
    }
  }

  /// One user: books, and perhaps gives back.
  private func act(_ number: Int, over client: SeatcastClient, until deadline: Int64) async {
    let user = users[number]
    let attempt = await book(user, over: client, until: deadline)
    guard case .acknowledged(let answer) = attempt.outcome, number % 100 < plan.cancellations else { return }
    let call = HTTPCall("POST", "/api/bookings/\(answer.bookingID)/cancel", fields: Self.fields(user))
    let given = await perform(call, over: client) { id, now in
      var request = HistoryRequest(id, at: now, client: "user \(user.id)", .cancel)
      (request.userID, request.event, request.bookingID) = (user.id, event, answer.bookingID)
      return request
    }
    if given?.status == 200 { recorder.recordCancellation() }
  }

  /// Asks under one key until there is an answer, or the time is up.
  private func book(
    _ user: RehearsalUser, over client: SeatcastClient, until deadline: Int64
  ) async -> BookingAttempt {
    let key = EventHandle.newKey()
    var call = EventHandle.booking(of: event, plan.quantity, key: key)
    call.fields += Self.fields(user)
    let first = HistoryRecorder.now
    var (isUnknown, pause) = (false, 0.05)
    while true {
      let sent = HistoryRecorder.now
      let answer = await perform(call, over: client) { id, now in
        var request = HistoryRequest(id, at: now, client: "user \(user.id)", .book)
        (request.userID, request.event, request.key) = (user.id, event, key)
        request.quantity = plan.quantity
        return request
      }
      let now = HistoryRecorder.now
      let outcome = answer.flatMap(Self.outcome)
      if answer == nil { isUnknown = true }
      if let outcome { return finish(user, first, now, outcome, latency: now - sent) }
      let asked = answer.flatMap { $0.field("retry-after") }.flatMap { Double($0) }
      let wait = asked ?? Double.random(in: 0...pause)
      pause = min(Self.longestPause, pause * 2)
      guard now + Int64(wait * 1_000_000) < deadline, !Task.isCancelled else {
        let kind = answer.map { Problem($0).kind } ?? ""
        return finish(user, first, now, isUnknown ? .unknown : .refused(kind), latency: 0)
      }
      recorder.recordRetry(isLimited: answer?.status == 429)
      try? await Task.sleep(for: .milliseconds(Int(wait * 1_000)))
    }
  }

  /// Asks, and records what was asked and answered.
  private func perform(
    _ call: HTTPCall, over client: SeatcastClient, _ make: (Int, Int64) -> HistoryRequest
  ) async -> HTTPResponseMessage? {
    let id = recorder.history.ask { make($0, HistoryRecorder.now) }
    guard let answer = try? await client.perform(call) else {
      recorder.history.lose(id)
      return nil
    }
    recorder.history.answer(
      to: id, at: HistoryRecorder.now, status: answer.status,
      isReplayed: answer.field("idempotency-replayed") == "true", body: answer.body)
    return answer
  }

  private func finish(
    _ user: RehearsalUser, _ sent: Int64, _ answered: Int64, _ outcome: BookingAttempt.Outcome, latency: Int64
  ) -> BookingAttempt {
    let attempt = BookingAttempt(
      name: "user \(user.id)", userID: user.id, quantity: plan.quantity, sentAt: sent, answeredAt: answered,
      outcome: outcome)
    recorder.record(attempt, latency: latency)
    return attempt
  }

  /// Nil: the server asks to come back later.
  private static func outcome(_ answer: HTTPResponseMessage) -> BookingAttempt.Outcome? {
    switch answer.status {
    case 200, 201:
      guard let booking = JSONReading(answer.body), let id = booking.text("bookingId"),
        let seq = booking.integer("seq"), let left = booking.integer("availableSeats")
      else { return .refused("unreadable-answer") }
      return .acknowledged(Acknowledgement(bookingID: id, seq: UInt64(max(0, seq)), availableSeats: left))
    case 429, 503: return nil
    default:
      let kind = Problem(answer).kind
      return .refused(kind.isEmpty ? "status-\(answer.status)" : kind)
    }
  }

  private static func fields(_ user: RehearsalUser) -> [(name: String, value: String)] {
    [("Authorization", "Bearer \(user.token)")]
  }
}
