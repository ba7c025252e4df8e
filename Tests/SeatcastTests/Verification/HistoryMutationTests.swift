// Histories that were right, changed at random in one place as a server that is wrong would change them. Each change must be found,
// or the history must be one that a server that is right can have made, too: that is decided here from what was changed, by rules
// that share nothing with the checker.
import TestSupport
import Testing

@testable import seatcast

/// A way to change a history.
enum HistoryMutation: String, CaseIterable, Sendable {
  case dropFrame, repeatFrame, swapFrames, frameCount, frameSeq, frameEpoch, pongAhead, silentClose
  case answerCount, answerSeq, answerBooking, answerLost, answerRefused, refusalCount, times
  case dropNotice, swapNotices, noticeCount, noticeUser, dropListed, listedStatus
}

private struct Mutant {
  var lines: [HistoryLine]
  var random: SeededRandom

  /// The places of lines for which `holds` is true.
  func places(_ holds: (HistoryLine) -> Bool) -> [Int] { lines.indices.filter { holds(lines[$0]) } }

  mutating func pick(_ holds: (HistoryLine) -> Bool) -> Int? { places(holds).randomElement(using: &random) }

  /// A notice of viewers.
  static func isNotice(_ line: HistoryLine) -> Bool {
    if case .frame(_, _, .notice) = line { true } else { false }
  }

  static func isGreeting(_ line: HistoryLine, resumed: Bool) -> Bool {
    if case .frame(_, _, .greeting(_, let isResumed)) = line { (isResumed == true) == resumed } else { false }
  }

  static func isWitness(_ line: HistoryLine) -> Bool { if case .notice = line { true } else { false } }

  static func isListed(_ line: HistoryLine) -> Bool { if case .booking = line { true } else { false } }

  static func connection(_ line: HistoryLine) -> Int? {
    switch line {
    case .frame(let connection, _, _), .closed(let connection, _): connection
    default: nil
    }
  }

  /// Changes what a frame tells.
  mutating func tell(_ place: Int, _ change: (inout Telling) -> Void) {
    guard case .frame(let connection, let at, let frame) = lines[place] else { return }
    switch frame {
    case .notice(var told):
      change(&told.telling)
      lines[place] = .frame(connection: connection, at: at, .notice(told))
    case .greeting(var told, let isResumed):
      change(&told.telling)
      lines[place] = .frame(connection: connection, at: at, .greeting(told, isResumed: isResumed))
    default: break
    }
  }

  mutating func answer(_ place: Int, _ change: (inout HistoryAnswer) -> Void) {
    guard case .answer(var answer) = lines[place] else { return }
    change(&answer)
    lines[place] = .answer(answer)
  }

  mutating func witness(_ place: Int, _ change: (inout Telling) -> Void) {
    guard case .notice(var told) = lines[place] else { return }
    change(&told.telling)
    lines[place] = .notice(told)
  }

  func request(_ id: Int) -> HistoryRequest? {
    for line in lines {
      if case .request(let request) = line, request.id == id { return request }
    }
    return nil
  }

  func isBooked(_ line: HistoryLine) -> Bool {
    guard case .answer(let answer) = line, answer.isSuccess, !answer.isReplayed else { return false }
    return request(answer.request)?.act == .book
  }

  func isSoldOut(_ line: HistoryLine) -> Bool {
    if case .answer(let answer) = line { answer.problem == "sold-out" } else { false }
  }

  // MARK: Changes

  /// Whether a server that is right could have made the changed history; nil: nothing could be changed.
  mutating func change(_ mutation: HistoryMutation) -> Bool? {
    switch mutation {
    case .dropFrame, .repeatFrame, .swapFrames, .frameCount, .frameSeq, .frameEpoch, .pongAhead, .silentClose:
      changeFrame(mutation)
    case .answerCount, .answerSeq, .answerBooking, .answerLost, .answerRefused, .refusalCount, .times:
      changeAnswer(mutation)
    case .dropNotice, .swapNotices, .noticeCount, .noticeUser, .dropListed, .listedStatus:
      changeWitness(mutation)
    }
  }

  private mutating func changeFrame(_ mutation: HistoryMutation) -> Bool? {
    let off = Bool.random(using: &random) ? 1 : -1
    switch mutation {
    case .dropFrame:
      guard let place = pick(Self.isNotice) else { return nil }
      let connection = Self.connection(lines.remove(at: place))
      // What a client reads last before it is cut off nobody misses.
      let rest = lines[place...].filter { Self.connection($0) == connection }
      return !rest.contains(where: Self.isNotice)
        && rest.contains { if case .closed = $0 { true } else { false } }
    case .repeatFrame:
      guard let place = pick(Self.isNotice) else { return nil }
      lines.insert(lines[place], at: place + 1)
    case .swapFrames:
      let firsts = places(Self.isNotice).compactMap { first -> (Int, Int)? in
        let next = lines[(first + 1)...].firstIndex { Self.connection($0) == Self.connection(lines[first]) }
        return next.flatMap { Self.isNotice(lines[$0]) ? (first, $0) : nil }
      }
      guard let (one, two) = firsts.randomElement(using: &random) else { return nil }
      lines.swapAt(one, two)
    case .frameCount:
      guard let place = pick({ Self.isNotice($0) || Self.isGreeting($0, resumed: false) }) else { return nil }
      tell(place) { $0.availableSeats = ($0.availableSeats ?? 0) + off }
    case .frameSeq:
      guard let place = pick(Self.isNotice) else { return nil }
      tell(place) { $0.seq = $0.seq &+ UInt64(bitPattern: Int64(off)) }
    case .frameEpoch:
      guard let place = pick({ Self.isGreeting($0, resumed: true) }),
        case .frame(let connection, let at, .greeting(var told, let isResumed)) = lines[place]
      else { return nil }
      told.epoch = "another"
      lines[place] = .frame(connection: connection, at: at, .greeting(told, isResumed: isResumed))
    case .pongAhead:
      let isPong: (HistoryLine) -> Bool = {
        if case .frame(_, _, .pong(let positions)) = $0 { !positions.isEmpty } else { false }
      }
      guard let place = pick(isPong), case .frame(let connection, let at, .pong(var positions)) = lines[place]
      else {
        return nil
      }
      positions[0].seq = (positions[0].seq ?? 0) + 1
      lines[place] = .frame(connection: connection, at: at, .pong(positions))
    default:
      guard let place = pick({ if case .closed = $0 { true } else { false } }),
        let connection = Self.connection(lines[place])
      else { return nil }
      lines[place] = .closed(connection: connection, code: 1_001)
      lines.insert(contentsOf: [.pinged(connection: connection), .ponged(connection: connection)], at: place)
    }
    return false
  }

  private mutating func changeAnswer(_ mutation: HistoryMutation) -> Bool? {
    let off = Bool.random(using: &random) ? 1 : -1
    switch mutation {
    case .times: return swapTimes()
    case .refusalCount:
      guard let place = pick(isSoldOut) else { return nil }
      // Another count may have been right at another moment of the same interval: only a free one decides nothing.
      answer(place) { $0.available = -1 }
    case .answerLost:
      guard let place = pick(isBooked), case .answer(let answer) = lines[place] else { return nil }
      lines[place] = .unanswered(request: answer.request)
      // Nobody knows what became of it, and it may be this.
      return true
    default:
      guard let place = pick(isBooked) else { return nil }
      if mutation == .answerRefused, isExplained(place) { return nil }
      answer(place) { answer in
        switch mutation {
        case .answerCount:
          let left = answer.telling?.availableSeats ?? 0
          answer.telling?.availableSeats = left + off
        case .answerSeq:
          let seq = answer.telling?.seq ?? 0
          answer.telling?.seq = seq &+ UInt64(bitPattern: Int64(off))
        case .answerBooking: answer.booking = "another"
        default:
          // It was booked, and the user is told that it was not.
          (answer.status, answer.problem, answer.telling) = (409, "sales-closed", nil)
        }
      }
    }
    return false
  }

  /// Whether the booking may be that of another request of its user: of one without an answer, under the same key, or of one that
  /// waited.
  private func isExplained(_ place: Int) -> Bool {
    guard case .answer(let answer) = lines[place], let own = request(answer.request) else { return true }
    for line in lines {
      var other: HistoryRequest?
      if case .unanswered(let id) = line { other = request(id) }
      if case .request(let asked) = line, asked.act == .join || asked.key == own.key { other = asked }
      guard let other, other.id != own.id, other.userID == own.userID, other.quantity == own.quantity else {
        continue
      }
      if other.act == .join || other.act == .book { return true }
    }
    return false
  }

  /// Exchanges the times of two bookings of which one was answered before the other was asked for.
  private mutating func swapTimes() -> Bool? {
    struct Timed {
      let asked: Int
      let answered: Int
      let from: Int64
      let to: Int64
    }
    let timed = places(isBooked).compactMap { place -> Timed? in
      guard case .answer(let answer) = lines[place], let request = request(answer.request),
        let asked = lines.firstIndex(of: .request(request))
      else { return nil }
      return Timed(asked: asked, answered: place, from: request.at, to: answer.at)
    }
    let pairs = timed.flatMap { one in timed.filter { one.to < $0.from }.map { (one, $0) } }
    guard let (one, two) = pairs.randomElement(using: &random) else { return nil }
    for (place, from, to) in [(one, two.from, two.to), (two, one.from, one.to)] {
      if case .request(var request) = lines[place.asked] {
        request.at = from
        lines[place.asked] = .request(request)
      }
      answer(place.answered) { $0.at = to }
    }
    // A retry under one key may have been sent at either time.
    var keys: [String: Int] = [:]
    for line in lines {
      if case .request(let request) = line, let key = request.key { keys[key, default: 0] += 1 }
    }
    for timed in [one, two] {
      if case .request(let request) = lines[timed.asked], keys[request.key ?? ""] ?? 0 > 1 { return nil }
    }
    return false
  }

  private mutating func changeWitness(_ mutation: HistoryMutation) -> Bool? {
    switch mutation {
    case .dropListed:
      guard let place = pick({ if case .booking(let one) = $0 { one.status == "confirmed" } else { false } })
      else {
        return nil
      }
      lines.remove(at: place)
    case .listedStatus:
      guard let place = pick(Self.isListed), case .booking(var one) = lines[place] else { return nil }
      one.status = one.status == "confirmed" ? "cancelled" : "confirmed"
      lines[place] = .booking(one)
    case .dropNotice:
      guard let place = pick(Self.isWitness) else { return nil }
      lines.remove(at: place)
    case .swapNotices:
      // The order of the lines says nothing: the seq does. So the contents change places, and the seqs stay.
      let all = places(Self.isWitness)
      guard all.count > 1, let first = all.dropLast().randomElement(using: &random),
        case .notice(var one) = lines[first], case .notice(var two) = lines[first + 1]
      else { return nil }
      swap(&one.telling.seq, &two.telling.seq)
      (lines[first], lines[first + 1]) = (.notice(one), .notice(two))
    case .noticeCount:
      guard let place = pick(Self.isWitness) else { return nil }
      witness(place) { $0.availableSeats = ($0.availableSeats ?? 0) + 1 }
    default:
      guard
        let place = pick({ if case .notice(let told) = $0 { told.telling.change == .created } else { false } }
        )
      else {
        return nil
      }
      witness(place) { $0.userID = "a stranger" }
    }
    return false
  }
}

@Suite("Histories that are changed at random")
struct HistoryMutationTests {
  @Test(
    "Each change is found, or could have been made by a server that is right",
    arguments: HistoryMutation.allCases)
  func changes(mutation: HistoryMutation) throws {
    var (found, equivalent) = (0, 0)
    for seed in UInt64(1)...40 {
      var mutant = Mutant(
        lines: try RightHistory(seed: seed, steps: 300).parsed(), random: SeededRandom(seed: seed &+ 7))
      guard let isRight = mutant.change(mutation) else { continue }
      let (verdict, _) = try judge(mutant.lines, searches: true)
      if isRight {
        equivalent += 1
        #expect(verdict.isConsistent, "\(mutation), seed \(seed): \(verdict.broken)")
      } else {
        found += 1
        #expect(!verdict.isConsistent, "\(mutation), seed \(seed) is not found")
      }
    }
    #expect(found + equivalent >= 10, "\(mutation) was tried \(found + equivalent) times")
    #expect(found > 0 || mutation == .answerLost)
  }

  @Test(
    "Without the witness what clients saw is enough, where it contradicts itself",
    arguments: [
      HistoryMutation.repeatFrame, .swapFrames, .frameSeq, .frameEpoch, .pongAhead, .silentClose,
      .answerCount,
    ])
  func withoutWitness(mutation: HistoryMutation) throws {
    for seed in UInt64(1)...20 {
      var mutant = Mutant(
        lines: try RightHistory(seed: seed, steps: 300, hasWitness: false).parsed(),
        random: SeededRandom(seed: seed))
      guard mutant.change(mutation) == false else { continue }
      let (verdict, _) = try judge(mutant.lines)
      #expect(!verdict.isConsistent, "\(mutation), seed \(seed) is not found")
    }
  }
}
