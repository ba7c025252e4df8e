// Who is over a limit, so that each of them costs one line a minute whatever they send: the first refusal is told at
// once, later ones are counted and told together. Bounded: when the table is full, further offenders share a line.
// A value without a clock.
import ControlPlane
import FanoutCore

struct OffenderTable: Sendable {
  /// Whom a limit refused, and which one it was.
  struct Offence: Hashable, Sendable {
    let who: Who
    /// The limit's name in `--limits`.
    let limit: String
  }

  enum Who: Hashable, Sendable {
    case address(PeerAddress)
    case user(Identity)

    var text: String {
      switch self {
      case .address(let address): address.description
      case .user(let user): "user \(user.subject)"
      }
    }
  }

  /// A line to write.
  struct Line: Equatable, Sendable {
    /// Nil: several that the table had no place for.
    let offence: Offence?
    let refusals: Int
  }

  static let lineInterval: Int64 = 60_000
  /// Offenders that are told apart at a time.
  static let capacity = 1_024

  private struct Count: Sendable {
    var toldAt: Int64
    var untold = 0
  }

  private var counts: [Offence: Count] = [:]
  private var others: Count?
  private var sweptAt: Int64 = .min

  /// Counts a refusal.
  /// - Returns: the line to write now, when one is due for this offender.
  mutating func add(_ offence: Offence, at now: Int64) -> Line? {
    if counts[offence] != nil || counts.count < Self.capacity {
      return Self.add(offence, to: &counts[offence], at: now)
    }
    return Self.add(nil, to: &others, at: now)
  }

  private static func add(_ offence: Offence?, to count: inout Count?, at now: Int64) -> Line? {
    guard var known = count else {
      count = Count(toldAt: now)
      return Line(offence: offence, refusals: 1)
    }
    known.untold += 1
    defer { count = known }
    guard isDue(known, at: now) else { return nil }
    defer { known = Count(toldAt: now) }
    return Line(offence: offence, refusals: known.untold)
  }

  /// Also when the wall clock was set back.
  private static func isDue(_ count: Count, at now: Int64) -> Bool {
    now - count.toldAt >= lineInterval || now < count.toldAt
  }

  /// What was counted and is due; offenders that were quiet since their last line are forgotten. Looks at the table
  /// once a second at most.
  mutating func sweep(at now: Int64) -> [Line] {
    guard sweptAt == .min || now - sweptAt >= 1_000 || now < sweptAt else { return [] }
    sweptAt = now
    var lines: [Line] = []
    for (offence, count) in counts where Self.isDue(count, at: now) {
      if count.untold > 0 {
        lines.append(Line(offence: offence, refusals: count.untold))
        counts[offence] = Count(toldAt: now)
      } else {
        counts[offence] = nil
      }
    }
    if let count = others, Self.isDue(count, at: now) {
      if count.untold > 0 { lines.append(Line(offence: nil, refusals: count.untold)) }
      others = count.untold > 0 ? Count(toldAt: now) : nil
    }
    return lines
  }

  /// Everything that was counted and not told; afterwards the table is empty.
  mutating func drain() -> [Line] {
    defer { self = OffenderTable() }
    return counts.filter { $0.value.untold > 0 }.map { Line(offence: $0.key, refusals: $0.value.untold) }
      + (others.map { $0.untold > 0 ? [Line(offence: nil, refusals: $0.untold)] : [] } ?? [])
  }
}

extension LogEntry {
  init(_ line: OffenderTable.Line) {
    self.init(.warning, "a rate limit refused requests")
    if let offence = line.offence {
      facts = [Fact(name: "who", value: offence.who.text), Fact(name: "limit", value: offence.limit)]
    } else {
      facts = [Fact(name: "who", value: "others")]
    }
    facts.append(Fact(name: "refusals", value: String(line.refusals)))
  }
}
