// A rush from beginning to end: everybody plays, a director disturbs, and everything that was acknowledged, heard and stored is held
// against one model that replays the notices, and judged by the checker of `seatcast verify`.
import SeatcastClient
import TestSupport
import Testing

@testable import seatcast

struct RushPlay {
  let rush: RushServer
  let seats: Int
  let people: Int
  let watchers: Int
  /// Whether a watcher may be told only how things stand, and that it missed some: its node was away longer than what it missed is kept.
  var allowsGaps = false

  /// Raises the end, lets `director` do its work, and judges.
  func play(rounds: Int?, director: () throws -> Void) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    let watchers = try (0..<self.watchers).map { number in
      try BackgroundThread { try watchRush(rush, user: 9_000 + number) }
    }
    // Who comes late hears only the rest, and here everybody is to hear everything.
    try eventually(within: .seconds(120), "all watchers watch") { rush.end.watching == self.watchers }
    let people = try (1...self.people).map { person in
      try BackgroundThread { try rushFor(rush, person: person, rounds: rounds, seed: seed) }
    }
    let directed = Result { try director() }
    if rounds == nil { rush.end.close() }
    let records = people.map { person in Result { try person.join() } }
    let last = Result { try rush.seq() }
    rush.end.announce(lastSeq: (try? last.get()) ?? 0)
    let heard = watchers.map { watcher in Result { try watcher.join() } }
    try directed.get()
    let model = try judge(heard: heard.map { try $0.get() }, count: last.get(), seed: seed)
    try judge(records: records.map { try $0.get() }, against: model)
    try judgeStored(against: model)
    try judgeHistory()
  }

  /// The same by the checker of `seatcast verify`, from what everybody asked and was told.
  private func judgeHistory() throws {
    let admin = try TestServer(running: rush.server).admin()
    rush.history.record(HistoryText.quiet)
    for (path, line) in [
      ("/api/events/\(rush.event)/notices?limit=100", { HistoryText.notice($0, epoch: nil) }),
      ("/api/bookings?limit=100&eventId=\(rush.event)", { HistoryText.booking($0) }),
    ] as [(String, ([UInt8]) -> [UInt8])] {
      var cursor = ""
      while true {
        let page = try #require(JSONReading(try admin.get(path + cursor).body))
        for item in page.elements("items") { rush.history.record(line(item.bytes)) }
        if let next = page.integer("next") {
          cursor = "&after=\(next)"
        } else if let next = page.text("next") {
          cursor = "&cursor=\(next)"
        } else {
          break
        }
      }
    }
    rush.history.record(HistoryText.listed(event: rush.event))
    let verdict = try rush.history.judge(searches: true).verdict
    #expect(verdict.isConsistent, "\(verdict.broken)")
    #expect(verdict.hasWitness && verdict.checkedEntries > 0 && verdict.windows.illegal == 0)
  }

  /// What the notices amount to.
  private struct Model {
    var created: [String: Int] = [:]
    var cancelled: Set<String> = []
    var available: Int
  }

  /// Everybody heard the same, and it is one possible history of a hundred seats.
  private func judge(heard: [[String]], count: Int, seed: UInt64) throws -> Model {
    let first = try #require(
      heard.first { allowsGaps ? $0.count == count : true }, "nobody heard everything, seed \(seed)")
    #expect(first.count == count, "seed \(seed)")
    for (number, texts) in heard.enumerated() where texts != first {
      if allowsGaps, try isHistory(first, withGaps: texts) { continue }
      let place = zip(texts, first).enumerated().first { $0.element.0 != $0.element.1 }
      Issue.record("watcher \(number) heard something else, from \(String(describing: place)), seed \(seed)")
    }
    var model = Model(available: seats)
    for (index, text) in first.enumerated() {
      let notice = try JSON(parsing: text)
      #expect(try notice.number("seq") == index + 1, "seed \(seed)")
      let booking = try notice.word("bookingId")
      let quantity = try notice.number("quantity")
      if notice["type"]?.string == "booking_created" {
        #expect(model.created.updateValue(quantity, forKey: booking) == nil, "\(booking) twice, seed \(seed)")
        model.available -= quantity
      } else {
        #expect(notice["type"]?.string == "booking_cancelled")
        #expect(model.created[booking] == quantity)
        #expect(model.cancelled.insert(booking).inserted, "\(booking) twice, seed \(seed)")
        model.available += quantity
      }
      #expect(model.available >= 0 && model.available <= seats, "oversold at \(text), seed \(seed)")
      #expect(try notice.number("availableSeats") == model.available, "\(text), seed \(seed)")
    }
    return model
  }

  /// Whether the texts are the whole history, but for stretches in whose place the state at their end was told.
  private func isHistory(_ whole: [String], withGaps texts: [String]) throws -> Bool {
    var told = 0
    for text in texts {
      guard told < whole.count else { return false }
      if text == whole[told] {
        told += 1
        continue
      }
      let update = try JSON(parsing: text)
      guard update["type"]?.string == "seat_update", try update.number("fromSeq") == told + 1 else { return false }
      let through = try update.number("toSeq")
      guard through > told, through <= whole.count, try update.number("seq") == through else { return false }
      let last = try JSON(parsing: whole[through - 1])
      guard try update.number("availableSeats") == last.number("availableSeats") else { return false }
      told = through
    }
    return told == whole.count
  }

  /// What was acknowledged is exactly what was announced: everybody insisted until an answer came.
  private func judge(records: [RushRecord], against model: Model) throws {
    let faults = records.flatMap(\.faults)
    #expect(faults.isEmpty, "\(faults.count) faults: \(faults.prefix(3))")
    var booked: [String: Int] = [:]
    for record in records {
      booked.merge(record.booked) { mine, _ in
        Issue.record("a booking was given to two people")
        return mine
      }
    }
    #expect(booked == model.created)
    #expect(Set(records.flatMap(\.cancelled)) == model.cancelled)
    #expect(records.contains { $0.refusals > 0 }, "nobody was ever refused: there was no rush")
  }

  /// What the server stores is what the model says.
  private func judgeStored(against model: Model) throws {
    let admin = try TestServer(running: rush.server).admin()
    let event = try admin.get("/api/events/\(rush.event)").json()
    #expect(try event.number("availableSeats") == model.available)
    var statuses: [String: Bool] = [:]
    var path = "/api/bookings?limit=100&eventId=\(rush.event)"
    while true {
      let page = try admin.get(path).json()
      for booking in page["items"]?.array ?? [] {
        let id = try booking.word("bookingId")
        #expect(statuses.updateValue(try booking.word("status") == "cancelled", forKey: id) == nil)
        #expect(try booking.number("quantity") == model.created[id])
      }
      guard let next = page["next"]?.string else { break }
      path = "/api/bookings?limit=100&eventId=\(rush.event)&cursor=\(next)"
    }
    #expect(Set(statuses.keys) == Set(model.created.keys))
    #expect(Set(statuses.filter(\.value).keys) == model.cancelled)
  }
}
