// `seatcast rehearse`: a rush on one's own server, and the proof that it kept its promises. Prepares an event and users,
// lets viewers watch and users book, waits for quiet, reads the server's records, has the checker judge, and cancels the
// event, or where it existed before, what was booked. Exit status 1 when a promise was broken.
import Glibc
import SeatcastClient

struct Rehearsal: Sendable {
  private static let connectSeconds = 30
  private static let quietSeconds = 15

  private(set) var plan: RehearsalPlan
  let connections: Int
  let progress: ProgressLine

  static func run(_ settings: Settings) throws -> Int32 {
    let plan = try RehearsalPlan(settings)
    let connections = try plan.connections(within: DescriptorLimit.raised())
    let progress = ProgressLine(isShown: Terminal.isTerminal(STDERR_FILENO) && !plan.isJSON)
    let planned = Rehearsal(plan: plan, connections: connections, progress: progress)
    return try Foreground.run {
      var rehearsal = planned
      do {
        return try await rehearsal.perform()
      } catch let error as ClientError {
        throw AdminError(error)
      }
    }
  }

  // MARK: The whole

  private mutating func perform() async throws -> Int32 {
    let people = RehearsalUsers(plan: plan)
    let admin = try people.administrator()
    if let event = plan.event { plan = try plan.with(try await admin.event(event).details()) }
    let (plan, progress) = (plan, progress)
    let users = try people.users { number in
      if number % 100 == 0 { progress.show(number, of: plan.users, "tokens") }
    }
    let name = "Rehearsal of \(users.count) users for \(plan.seats) seats"
    let event =
      if let event = plan.event { event } else {
        try await admin.createEvent(name, seats: plan.seats, maxPerBooking: plan.quantity)
      }
    let before = try await admin.event(event).details()
    let rehearsal = self
    let report: RehearsalReport
    do {
      report = try await rehearse(before, users, admin)
    } catch {
      progress.end()
      // Also after Ctrl-C: in a task of its own, because this one is cancelled.
      await Task.detached { try? await rehearsal.finish(before, users, admin) }.value
      throw error
    }
    // Neither an event that cannot be cancelled nor a picture that cannot be written loses the report.
    var failure: (any Error)?
    do { try await finish(before, users, admin) } catch { failure = error }
    try tell(report)
    if let failure { throw failure }
    return report.verdict.isConsistent ? 0 : AdminError.refused
  }

  private func finish(
    _ before: EventDetails, _ users: [RehearsalUser], _ admin: SeatcastClient
  ) async throws {
    progress.end()
    if plan.keeps { return }
    guard plan.event != nil else { return try await admin.cancelEvent(before.id) }
    let ids = Set(users.map(\.id))
    let made = try await ownBookings(before, admin).filter { $0.userID.map(ids.contains) == true }
    for (done, booking) in made.enumerated() {
      progress.show(done, of: made.count, "bookings given back")
      try await admin.cancelBooking(booking.id)
    }
    progress.end()
  }

  /// What was booked since `before`, by whomever.
  private func ownBookings(
    _ before: EventDetails, _ admin: SeatcastClient
  ) async throws -> [(id: String, userID: String?, bytes: [UInt8])] {
    let log = try await admin.eventLog(of: before.id, after: before.seq)
    let made = Set(log.compactMap { JSONReading($0)?.text("bookingId") })
    return try await admin.listedBookings(of: before.id).compactMap { bytes in
      guard let booking = JSONReading(bytes), let id = booking.text("bookingId"), made.contains(id) else {
        return nil
      }
      return (id, booking.integer("userId").map(String.init) ?? booking.text("userId"), bytes)
    }
  }

  private func rehearse(
    _ before: EventDetails, _ users: [RehearsalUser], _ admin: SeatcastClient
  ) async throws -> RehearsalReport {
    let recorder = try RehearsalRecorder(viewers: plan.viewers, history: plan.history)
    let event = before.id
    recorder.begin(with: before, isExclusive: plan.event == nil)
    let crowd = RehearsalCrowd(
      plan: plan, event: event, users: users, connections: min(connections, users.count), client: admin,
      recorder: recorder)
    let viewers = (0..<plan.viewers).map { viewer in Task { await crowd.watch(viewer) } }
    defer { for viewer in viewers { viewer.cancel() } }
    try await wait(seconds: Self.connectSeconds) { recorder.greeted == plan.viewers }
    recorder.begin()
    let started = HistoryRecorder.now
    try await rush(crowd, recorder)
    let ended = recorder.result.attempts.map(\.answeredAt).max() ?? HistoryRecorder.now
    let last = try await admin.event(event).details().seq
    try await wait(seconds: Self.quietSeconds) { recorder.reached(last) >= recorder.greeted }
    recorder.history.record(HistoryText.quiet)
    for viewer in viewers { viewer.cancel() }
    return try await judge(
      recorder, event, before, admin, crowd, seconds: Double(ended - started) / 1_000_000)
  }

  private func rush(_ crowd: RehearsalCrowd, _ recorder: RehearsalRecorder) async throws {
    let shown = Task {
      while !Task.isCancelled {
        let now = recorder.progress
        progress.show(
          now.finished, of: crowd.users.count,
          "\(Numbers.grouped(now.bookings)) booked  \(Numbers.grouped(now.finished - now.bookings)) not  "
            + "\(Numbers.grouped(now.retries)) retries")
        try? await Task.sleep(for: .milliseconds(200))
      }
    }
    await crowd.rush()
    shown.cancel()
    try Task.checkCancellation()
  }

  /// Returns when the condition holds, or the time is up.
  private func wait(seconds: Int, _ condition: () -> Bool) async throws {
    let deadline = HistoryRecorder.now + Int64(seconds) * 1_000_000
    while !condition(), HistoryRecorder.now < deadline { try await Task.sleep(for: .milliseconds(10)) }
  }

  // MARK: The checker

  private func judge(
    _ recorder: RehearsalRecorder, _ event: Int, _ before: EventDetails, _ admin: SeatcastClient,
    _ crowd: RehearsalCrowd, seconds: Double
  ) async throws -> RehearsalReport {
    progress.show(0, of: 1, "reading the server's records")
    for notice in try await admin.eventLog(of: event, after: before.seq) {
      recorder.history.record(HistoryText.notice(notice, epoch: nil))
    }
    for booking in try await ownBookings(before, admin) {
      recorder.history.record(HistoryText.booking(booking.bytes))
    }
    recorder.history.record(HistoryText.listed(event: event))
    return RehearsalReport(
      server: "\(plan.access.server)", event: event, users: crowd.users.count, seats: plan.seats,
      quantity: plan.quantity, connections: crowd.connections, viewersAsked: plan.viewers, seconds: seconds,
      result: recorder.result, verdict: try recorder.history.judge().verdict)
  }

  private func tell(_ report: RehearsalReport) throws {
    let chart = RehearsalChart(
      bookedAt: report.result.bookedAt, seats: plan.seats, quantity: plan.quantity,
      width: max(20, min(100, Terminal.size.columns - 14)))
    let curve = chart.text()
    StandardOutput.write(
      plan.isJSON ? report.json : report.text(.standardOutput) + (curve.isEmpty ? "" : "\n" + curve))
    guard let file = plan.chart else { return }
    let picture = RehearsalChart(
      bookedAt: report.result.bookedAt, seats: plan.seats, quantity: plan.quantity, width: 200)
    let title = "\(report.users) users for \(plan.seats) seats"
    try SmallFile.write(picture.svg(title: title), to: file)
  }
}

/// The descriptors of this process.
enum DescriptorLimit {
  /// Raises the limit to what the system allows; gives it.
  static func raised() -> Int {
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard unsafe getrlimit(resource, &limit) == 0 else { return 256 }
    limit.rlim_cur = limit.rlim_max
    _ = unsafe setrlimit(resource, &limit)
    _ = unsafe getrlimit(resource, &limit)
    return Int(clamping: min(limit.rlim_cur, 1_000_000))
  }
}

/// Writes a file that a command was asked for, over one that is there.
enum SmallFile {
  static func write(_ text: String, to path: String) throws(AdminError) {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure(path) }
      rest.removeFirst(count)
    }
  }

  private static func failure(_ path: String) -> AdminError {
    AdminError("The file \(path) cannot be written: \(unsafe String(cString: strerror(errno))).")
  }
}
