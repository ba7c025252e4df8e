// Histories of a server that keeps every promise, from a seed: clients that ask at the same time, holds, a waiting list, changes of
// the capacity, answers that are lost, and viewers that come, are left behind, go and resume. The server in it is a dozen lines
// of rules and shares no code with the real one.
import TestSupport

@testable import seatcast

final class RightHistory {
  private struct Booking {
    let user: Int
    let quantity: Int
    var isHeld: Bool
    var expiresAt: Int
    var isStanding = true
    let seq: Int
    let available: Int
  }

  private struct Pending {
    let request: Int
    let act: HistoryRequest.Act
    var booking: String?
    var quantity = 1
    var isHold = false
    var key: String?
    /// The answer, once it is decided.
    var answer: (status: Int, isReplayed: Bool, body: String)?
  }

  private struct Viewer {
    var connection: Int?
    var seq: Int?
    var line = 0
  }

  static let event = 1
  static let epoch = "e1"
  private(set) var lines: [[UInt8]] = []
  private var random: SeededRandom
  private var now = 1_000_000
  private var (seq, capacity, available) = (3, 0, 0)
  private var bookings: [String: Booking] = [:]
  private var keys: [String: String] = [:]
  private var waiting: [(user: Int, quantity: Int)] = []
  private var log: [String] = []
  private var pending: [Int: Pending] = [:]
  private var viewers = [Viewer](repeating: Viewer(), count: 4)
  private var (requests, connections) = (0, 0)
  private let people: Int
  /// Requests that were lost, for another try under the same key.
  private var lost: [Int: Pending] = [:]
  private let resizes: Bool

  /// - Parameters:
  ///   - steps: things that happen.
  ///   - hasWitness: whether the server's log stands at the end.
  init(seed: UInt64, steps: Int = 400, people: Int = 6, hasWitness: Bool = true) {
    (random, self.people) = (SeededRandom(seed: seed), people)
    resizes = seed % 2 == 0
    capacity = Int.random(in: 6...30, using: &random)
    available = capacity
    write(HistoryText.header(by: "tests"))
    write(
      HistoryText.event(
        Self.event, epoch: Self.epoch, isExclusive: true,
        state: Array("{\(counts),\"status\":\"on_sale\"}".utf8)))
    for _ in 0..<steps { step() }
    settle()
    if hasWitness { testify() }
  }

  /// The lines as the checker reads them.
  func parsed() throws -> [HistoryLine] {
    try lines.map { line throws(HistoryFault) in try HistoryParser.line(line) }
  }

  private func write(_ line: [UInt8]) { lines.append(line) }

  private var counts: String { "\"seq\":\(seq),\"availableSeats\":\(available),\"seatCapacity\":\(capacity)" }

  private func stamp(_ time: Int) -> String {
    let ms = time / 1_000
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let fraction = String(1_000 + ms % 1_000).dropFirst()
    return
      "\"2026-01-01T\(two(ms / 3_600_000 % 24)):\(two(ms / 60_000 % 60)):\(two(ms / 1_000 % 60)).\(fraction)Z\""
  }

  private func step() {
    now += Int.random(in: 1...4_000, using: &random)
    switch Int.random(in: 0..<10, using: &random) {
    case 0..<6: act(Int.random(in: 0..<people, using: &random))
    case 6: expire()
    default: view(Int.random(in: viewers.indices, using: &random))
    }
  }

  // MARK: The server

  private func change(_ type: String, _ booking: String?, _ user: Int, _ quantity: Int) {
    seq += 1
    let facts =
      booking.map { "\"bookingId\":\"\($0)\",\"userId\":\(user),\"quantity\":\(quantity)," } ?? ""
    log.append("{\"type\":\"\(type)\",\"eventId\":1,\(facts)\(counts),\"timestamp\":\(stamp(now))}")
  }

  private func take(_ user: Int, _ quantity: Int, isHold: Bool) -> String {
    let name = "b\(bookings.count + 1)"
    available -= quantity
    change("booking_created", name, user, quantity)
    bookings[name] = Booking(
      user: user, quantity: quantity, isHeld: isHold, expiresAt: now + 60_000, seq: seq, available: available)
    return name
  }

  private func end(_ name: String) {
    guard var booking = bookings[name], booking.isStanding else { return }
    booking.isStanding = false
    bookings[name] = booking
    available += booking.quantity
    change("booking_cancelled", name, booking.user, booking.quantity)
    while let first = waiting.firstIndex(where: { $0.quantity <= available }) {
      let entry = waiting.remove(at: first)
      _ = take(entry.user, entry.quantity, isHold: true)
    }
  }

  private func expire() {
    let due = bookings.filter { $0.value.isStanding && $0.value.isHeld && $0.value.expiresAt <= now }.map(
      \.key)
    for name in due.sorted() { end(name) }
  }

  private func text(_ name: String) -> String {
    guard let booking = bookings[name] else { return "{}" }
    let status = booking.isStanding ? (booking.isHeld ? "held" : "confirmed") : "cancelled"
    return
      "{\"bookingId\":\"\(name)\",\"eventId\":1,\"userId\":\(booking.user),\"quantity\":\(booking.quantity),"
      + "\"status\":\"\(status)\",\"expiresAt\":\(stamp(booking.expiresAt)),\"availableSeats\":\(booking.available),"
      + "\"seq\":\(booking.seq)}"
  }

  private func refusal(_ type: String, _ more: String = "") -> String {
    "{\"type\":\"urn:seatcast:problem:\(type)\",\"status\":409\(more)}"
  }

  private func decide(_ person: Int) {
    guard var one = pending[person], one.answer == nil else { return }
    switch one.act {
    case .book: one.answer = book(person, one)
    case .cancel:
      end(one.booking ?? "")
      one.answer = (
        200, false,
        "{\"bookingId\":\"\(one.booking ?? "")\",\"eventId\":1,\"status\":\"cancelled\",\(counts)}"
      )
      // What was freed may have been offered at once: the answer tells the state behind the end itself.
      if let notice = log.last(where: {
        $0.contains("booking_cancelled") && $0.contains("\"\(one.booking ?? "")\"")
      }) {
        one.answer?.body = notice.replacing(
          "\"type\":\"booking_cancelled\"", with: "\"status\":\"cancelled\"")
      }
    case .confirm:
      if var booking = bookings[one.booking ?? ""], booking.isStanding {
        booking.isHeld = false
        bookings[one.booking ?? ""] = booking
        one.answer = (200, false, text(one.booking ?? ""))
      } else {
        one.answer = (410, false, refusal("hold-expired"))
      }
    case .join:
      if available >= one.quantity {
        one.answer = (409, false, refusal("seats-available", ",\"available\":\(available)"))
      } else {
        waiting.removeAll { $0.user == person }
        waiting.append((person, one.quantity))
        one.answer = (
          201, false, "{\"eventId\":1,\"position\":\(waiting.count),\"quantity\":\(one.quantity)}"
        )
      }
    case .change:
      let wanted = max(capacity - available, Int.random(in: 6...30, using: &random))
      if wanted != capacity, waiting.isEmpty {
        (available, capacity) = (available + wanted - capacity, wanted)
        change("seat_update", nil, 0, 0)
      }
      one.answer = (200, false, "{\"id\":1,\(counts),\"status\":\"on_sale\"}")
    default: one.answer = (200, false, "{\"id\":1,\(counts),\"status\":\"on_sale\"}")
    }
    pending[person] = one
  }

  private func book(_ person: Int, _ one: Pending) -> (Int, Bool, String) {
    if let key = one.key, let name = keys[key] { return (201, true, text(name)) }
    if waiting.contains(where: { $0.quantity <= available }) {
      return (409, false, refusal("waitlist-first"))
    }
    guard available >= one.quantity else {
      return (409, false, refusal("sold-out", ",\"available\":\(available),\"requested\":\(one.quantity)"))
    }
    let name = take(person, one.quantity, isHold: one.isHold)
    if let key = one.key { keys[key] = name }
    return (201, false, text(name))
  }

  // MARK: People

  private func act(_ person: Int) {
    guard let one = pending[person] else { return ask(person) }
    guard let answer = one.answer else {
      if Int.random(in: 0..<20, using: &random) == 0 {
        return lose(person, one)
      }
      return decide(person)
    }
    pending[person] = nil
    if Int.random(in: 0..<15, using: &random) == 0 { return lose(person, one) }
    write(
      HistoryText.answer(
        to: one.request, at: Int64(now), status: answer.status, isReplayed: answer.isReplayed,
        body: Array(answer.body.utf8)))
  }

  private func lose(_ person: Int, _ one: Pending) {
    pending[person] = nil
    if one.act == .book { lost[person] = one }
    write(HistoryText.unanswered(one.request))
  }

  private func ask(_ person: Int) {
    requests += 1
    let own = bookings.filter { $0.value.user == person && $0.value.isStanding }.map(\.key).sorted()
    let acts: [HistoryRequest.Act] = [
      .book, .book, .book, .cancel, .confirm, .read, .join, resizes ? .change : .book,
    ]
    var act = acts.randomElement(using: &random) ?? .book
    if let again = lost[person] { return ask(again, person) }
    if own.isEmpty, act == .cancel || act == .confirm { act = .book }
    var request = HistoryRequest(requests, at: Int64(now), client: "person \(person)", act)
    (request.userID, request.event) = (String(person), Self.event)
    var one = Pending(request: requests, act: act)
    switch act {
    case .book:
      (one.quantity, one.isHold) = (Int.random(in: 1...4, using: &random), Bool.random(using: &random))
      one.key = "k\(person)-\(requests)"
      (request.quantity, request.isHold, request.key) = (one.quantity, one.isHold, one.key)
    case .join:
      one.quantity = Int.random(in: 1...4, using: &random)
      request.quantity = one.quantity
    case .cancel, .confirm:
      one.booking = own.randomElement(using: &random)
      request.bookingID = one.booking
    default: break
    }
    pending[person] = one
    write(HistoryText.request(request))
  }

  private func ask(_ lost: Pending, _ person: Int) {
    self.lost[person] = nil
    var request = HistoryRequest(requests, at: Int64(now), client: "person \(person)", .book)
    (request.userID, request.event) = (String(person), Self.event)
    (request.quantity, request.isHold, request.key) = (lost.quantity, lost.isHold, lost.key)
    var one = Pending(request: requests, act: .book)
    (one.quantity, one.isHold, one.key) = (lost.quantity, lost.isHold, lost.key)
    pending[person] = one
    write(HistoryText.request(request))
  }

  // MARK: Viewers

  private func hear(_ viewer: Int, _ message: String) {
    guard let connection = viewers[viewer].connection else { return }
    write(HistoryText.frame(connection, at: Int64(now), Array(message.utf8)) ?? [])
  }

  private func view(_ viewer: Int) {
    guard viewers[viewer].connection != nil else { return connect(viewer) }
    switch Int.random(in: 0..<12, using: &random) {
    case 0:
      write(HistoryText.closed(viewers[viewer].connection ?? 0, code: 1_006))
      viewers[viewer].connection = nil
    case 1:
      hear(viewer, "{\"type\":\"pong\",\"positions\":[{\"eventId\":1,\"seq\":\(viewers[viewer].seq ?? 0)}]}")
    case 2:
      write(HistoryText.pinged(viewers[viewer].connection ?? 0))
      write(HistoryText.ponged(viewers[viewer].connection ?? 0))
    case 3: deliver(viewer, isConflated: true)
    default: deliver(viewer, isConflated: false)
    }
  }

  private func connect(_ viewer: Int) {
    connections += 1
    viewers[viewer].connection = connections
    let last = viewers[viewer].seq
    write(
      HistoryText.opened(
        connections, client: "viewer \(viewer)",
        resume: last.map { ResumePoint(event: Self.event, seq: UInt64($0), epoch: Self.epoch) }))
    if let last, Bool.random(using: &random) {
      return hear(
        viewer,
        "{\"type\":\"connection_established\",\"eventId\":1,\"seq\":\(last),\"epoch\":\"\(Self.epoch)\",\"recovered\":true}"
      )
    }
    let recovered = last == nil ? "" : ",\"recovered\":false"
    hear(
      viewer,
      "{\"type\":\"connection_established\",\"eventId\":1,\(counts),\"epoch\":\"\(Self.epoch)\"\(recovered)}")
    viewers[viewer].seq = seq
  }

  private func deliver(_ viewer: Int, isConflated: Bool) {
    guard let last = viewers[viewer].seq, last < seq else { return }
    if isConflated, seq > last + 1 {
      hear(
        viewer,
        "{\"type\":\"seat_update\",\"eventId\":1,\"status\":\"on_sale\",\(counts),\"fromSeq\":\(last + 1),\"toSeq\":\(seq)}"
      )
      viewers[viewer].seq = seq
    } else {
      hear(viewer, log[last - 3])
      viewers[viewer].seq = last + 1
    }
  }

  // MARK: The end

  private func settle() {
    for person in 0..<people {
      while pending[person] != nil { act(person) }
    }
    for viewer in viewers.indices where viewers[viewer].connection != nil {
      while viewers[viewer].seq.map({ $0 < seq }) ?? false { deliver(viewer, isConflated: false) }
    }
    write(HistoryText.quiet)
  }

  private func testify() {
    for notice in log { write(HistoryText.notice(Array(notice.utf8), epoch: nil)) }
    for (name, booking) in bookings.sorted(by: { $0.value.seq < $1.value.seq }) {
      let status = booking.isStanding ? "confirmed" : "cancelled"
      write(
        HistoryText.booking(
          Array(
            "{\"eventId\":1,\"bookingId\":\"\(name)\",\"quantity\":\(booking.quantity),\"status\":\"\(status)\"}"
              .utf8)))
    }
    write(HistoryText.listed(event: Self.event))
  }
}

/// What the checker says of lines.
func judge(_ lines: [HistoryLine], searches: Bool = false) throws -> (Verdict, [Counterexample]) {
  var index = HistoryIndex()
  for (place, line) in lines.enumerated() { try index.take(line, number: place + 1) }
  return Checker.judge(index, searches: searches)
}
