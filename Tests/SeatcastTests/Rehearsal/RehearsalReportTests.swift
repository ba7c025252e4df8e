import SeatcastClient
import TestSupport
import Testing

@testable import seatcast

/// A small rehearsal's report; `RehearsalRecorder` gathers what it has.
private func report(broken: Bool, limits: Bool = true) throws -> RehearsalReport {
  let recorder = try RehearsalRecorder(viewers: 2)
  recorder.begin()
  for number in 0..<4 {
    let outcome: BookingAttempt.Outcome =
      number < 2
      ? .acknowledged(
        Acknowledgement(bookingID: "B\(number)", seq: UInt64(number + 1), availableSeats: 1 - number))
      : .refused(number == 2 || !limits ? "sold-out" : "rate-limited")
    recorder.record(
      BookingAttempt(
        name: "user \(number)", userID: "\(number)", quantity: 1, sentAt: 0,
        answeredAt: Int64(number * 1_000),
        outcome: outcome), latency: 2_000)
  }
  for _ in 0..<9 { recorder.recordRetry(isLimited: false) }
  recorder.record(
    .live(seq: 0, epoch: "e", recovered: nil, count: nil, state: nil, at: 0), of: 0)
  var verdict = Verdict()
  verdict.checkedAttempts = 4
  if broken { verdict.report(.atomic, "viewer 1 saw 3 of 2 at seq 1") }
  return RehearsalReport(
    server: "http://a", event: 7, users: 4, seats: 2, quantity: 1, connections: 4, viewersAsked: 2,
    seconds: 0.5,
    result: recorder.result, verdict: verdict)
}

@Suite("RehearsalReport")
struct RehearsalReportTests {
  @Test("People read what was sold and refused, how fast, and that every promise held")
  func text() throws {
    let text = try report(broken: false).text(.plain)
    #expect(text.contains("bookings          2 in 0.50 s\n") && text.contains("per second        4.0\n"))
    #expect(text.contains("refused           1  rate-limited\nrefused           1  sold-out\n"))
    #expect(text.contains("viewers           1 watched, 1 got no connection"))
    #expect(text.contains("consistency       every promise held: 4 requests"))
    #expect(text.contains("Rate limits decided"))
  }

  @Test("Users who tried again at a busy server blame no rate limit; a 429 for each of them does")
  func busy() throws {
    #expect(try !report(broken: false, limits: false).text(.plain).contains("Rate limits decided"))
    let recorder = try RehearsalRecorder(viewers: 0)
    for _ in 0..<5 { recorder.recordRetry(isLimited: true) }
    let limited = RehearsalReport(
      server: "http://a", event: 7, users: 4, seats: 2, quantity: 1, connections: 4, viewersAsked: 0,
      seconds: 1,
      result: recorder.result, verdict: Verdict())
    #expect(
      limited.text(.plain).contains("Rate limits decided") && limited.json.contains("\"rateLimited\":5"))
  }

  @Test("A broken promise is told with its evidence")
  func broken() throws {
    let report = try report(broken: true)
    let text = report.text(.plain)
    #expect(text.contains("BROKEN") && text.contains("    viewer 1 saw 3 of 2 at seq 1\n"))
    let json = try JSON(parsing: Array(report.json.utf8))
    #expect(json["consistency"]?["consistent"] == false && json["bookings"] == 2)
    #expect(json["consistency"]?["broken"]?[0]?["evidence"] == "viewer 1 saw 3 of 2 at seq 1")
    #expect(json["bookingMs"]?["count"] == 2 && json["refused"]?["sold-out"] == 1)
  }
}
