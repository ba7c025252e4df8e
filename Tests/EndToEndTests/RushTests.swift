// Method: 200 people fight for 100 seats with retries and cancellations while 50 subscribers watch; once in
// peace, once while the server is killed and restarted ten times. Everything that was acknowledged, heard and
// stored is then held against one model that replays the notices.
import Glibc
import SeatcastClient
import TestSupport
import Testing

@testable import seatcast

@Suite("A rush", .timeLimit(.minutes(30)), .serialized)
struct RushTests {
  private static let seats = 100
  private static let people = 200
  private static let watchers = 50

  @Test(
    "two hundred people and a hundred seats: never oversold, everything heard once, in order, by everybody")
  func inPeace() throws {
    let rush = try makePlane()
    try play(rush, rounds: 10) {}
  }

  @Test("the same across ten kills: nothing acknowledged is lost, nothing is booked twice")
  func acrossKills() throws {
    let rush = try makePlane()
    try play(rush, rounds: nil) {
      for _ in 1...10 {
        let start = try seq(rush)
        // Each life sees some bookings before it ends in the midst of others.
        try eventually(within: .seconds(60), "bookings go on") { try seq(rush) > start + 40 }
        try rush.server.kill9()
        try rush.server.restart()
      }
      let start = try seq(rush)
      try eventually(within: .seconds(60), "bookings go on after the last restart") {
        try seq(rush) > start + 40
      }
    }
  }

  @Test("the same across power cuts that take what was not synced")
  func acrossPowerCuts() throws {
    let power = try PowerCut()
    let rush = try makePlane(power)
    try play(rush, rounds: nil) {
      for seed in UInt64(1)...5 {
        let start = try seq(rush)
        try eventually(within: .seconds(60), "bookings go on") { try seq(rush) > start + 40 }
        try rush.server.kill9()
        try power.strike(seed: seed)
        try rush.server.restart()
      }
      let start = try seq(rush)
      try eventually(within: .seconds(60), "bookings go on at last") { try seq(rush) > start + 40 }
    }
  }

  @Test(
    "the same with freezes, kills and power cuts at random moments, round after round",
    .enabled(if: Seeds.soakSeconds != nil))
  func soak() throws {
    let deadline = Deadline(.seconds(Seeds.soakSeconds ?? 0))
    var random = SeededRandom(seed: UInt64.random(in: 0...UInt64.max))
    while !deadline.hasPassed {
      let power = try PowerCut()
      let rush = try makePlane(power)
      try play(rush, rounds: nil) {
        for _ in 0..<8 where !deadline.hasPassed {
          pause(milliseconds: Int.random(in: 200...4_000, using: &random))
          try disturb(rush, power, &random)
        }
      }
    }
  }

  /// Freezes the server's process, kills it, or both; with the power goes what was not synced.
  private func disturb(_ rush: RushServer, _ power: PowerCut, _ random: inout SeededRandom) throws {
    let kind = Int.random(in: 0..<3, using: &random)
    if kind > 0 {
      rush.server.process.signal(SIGSTOP)
      pause(milliseconds: Int.random(in: 100...6_000, using: &random))
    }
    if kind == 1 { return rush.server.process.signal(SIGCONT) }
    try rush.server.kill9()
    if Bool.random(using: &random) { try power.strike(seed: random.next()) }
    try rush.server.restart()
  }

  private func makePlane(_ power: PowerCut? = nil) throws -> RushServer {
    // A secret of its own: whoever gets this server's port after a kill refuses its tokens.
    let secret = "the secret of rush \(UInt64.random(in: 0...UInt64.max)), long enough"
    var options = ServerOptions()
    options.environment = ["SEATCAST_JWT_SECRET": secret]
    if let power { options.environment.merge(try power.environment()) { own, _ in own } }
    let server = try TestServer(options, folder: power?.folder)
    let event = try server.event(seats: Self.seats)
    let rush = RushServer(
      server: server.server, mint: TokenMint(secret: secret), event: event,
      history: try HistoryRecorder(by: "the rush"))
    let state = try server.server.client().get("/api/events/\(event)").body
    rush.history.record(HistoryText.event(event, epoch: nil, isExclusive: true, state: state))
    return rush
  }

  private func seq(_ rush: RushServer) throws -> Int {
    var client = rush.server.client()
    return try rush.insist(&client) { try $0.get("/api/events/\(rush.event)") }.json().number("seq")
  }

  /// Raises the end, lets `director` do its work, and judges.
  private func play(_ rush: RushServer, rounds: Int?, director: () throws -> Void) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    let watchers = try (0..<Self.watchers).map { number in
      try BackgroundThread { try watchRush(rush, user: 9_000 + number) }
    }
    // Who comes late hears only the rest, and here everybody is to hear everything.
    try eventually(within: .seconds(120), "all watchers watch") { rush.end.watching == Self.watchers }
    let people = try (1...Self.people).map { person in
      try BackgroundThread { try rushFor(rush, person: person, rounds: rounds, seed: seed) }
    }
    let directed = Result { try director() }
    if rounds == nil { rush.end.close() }
    let records = people.map { person in Result { try person.join() } }
    let last = Result { try seq(rush) }
    rush.end.announce(lastSeq: (try? last.get()) ?? 0)
    let heard = watchers.map { watcher in Result { try watcher.join() } }
    try directed.get()
    let model = try judge(heard: heard.map { try $0.get() }, count: last.get(), seed: seed)
    try judge(records: records.map { try $0.get() }, against: model)
    try judgeStored(rush, against: model)
    try judgeHistory(rush)
  }

  /// The same by the checker of `seatcast verify`, from what everybody asked and was told.
  private func judgeHistory(_ rush: RushServer) throws {
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
    var available = RushTests.seats
  }

  /// Everybody heard the same, and it is one possible history of a hundred seats.
  private func judge(heard: [[String]], count: Int, seed: UInt64) throws -> Model {
    let first = heard[0]
    #expect(first.count == count, "seed \(seed)")
    for (number, texts) in heard.enumerated() where texts != first {
      let place = zip(texts, first).enumerated().first { $0.element.0 != $0.element.1 }
      Issue.record("watcher \(number) heard something else, from \(String(describing: place)), seed \(seed)")
    }
    var model = Model()
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
      #expect(model.available >= 0 && model.available <= Self.seats, "oversold at \(text), seed \(seed)")
      #expect(try notice.number("availableSeats") == model.available, "\(text), seed \(seed)")
    }
    return model
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
  private func judgeStored(_ rush: RushServer, against model: Model) throws {
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
