// A seed and the steps that are played from it. The seed alone makes limits, events and people; the steps are made from it,
// too, but can be changed, printed and read again.
import TestSupport

struct Script: Equatable, CustomStringConvertible {
  let seed: UInt64
  var steps: [Step]

  /// Random steps.
  init(seed: UInt64, count: Int) {
    var writer = ScriptWriter(random: SeededRandom(seed: seed &+ 0x5eed))
    self.seed = seed
    steps = ScriptWriter.arrivals + (0..<count).map { _ in writer.next() }
  }

  init(seed: UInt64, steps: [Step]) { (self.seed, self.steps) = (seed, steps) }

  /// As `description` prints it; lines that begin with `#` are left out.
  init(parsing text: String) throws {
    let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
    guard let first = lines.first, first.hasPrefix("seed "), let seed = UInt64(first.dropFirst(5)) else {
      throw TestFailure("a script begins with its seed")
    }
    self.seed = seed
    steps = try lines.dropFirst().map { line in
      guard let step = Step(line) else { throw TestFailure("'\(line)' is no step") }
      return step
    }
  }

  var description: String { (["seed \(seed)"] + steps.map(\.description)).joined(separator: "\n") }
}

/// Makes steps in the proportions that meet the rare cases often.
private struct ScriptWriter {
  var random: SeededRandom
  private var key = 0

  init(random: SeededRandom) { self.random = random }

  /// So that something happens from the start.
  static let arrivals = [
    Step(.connect, 0, 0, 1 << 20), Step(.connect, 1, 1, 700),
    Step(.watch, 0, 0, 0, 0, 1 << 20, 1), Step(.watch, 1, 1, 0, 0, 120, 0),
  ]

  private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
  private mutating func oneOf(_ numbers: Int...) -> Int { numbers.randomElement(using: &random) ?? 0 }
  /// What the kernel keeps for a client that does not read.
  private mutating func window() -> Int { oneOf(15, 120, 700, 5_000, 1 << 20) }

  /// What of compression a client offers (`Scenario.extensions`).
  private mutating func offer() -> Int { oneOf(0, 1, 1, 2, number(9...15)) }

  mutating func next() -> Step {
    switch number(0...999) {
    case 0..<330: Step(.turn, number(0...1))
    case 330..<450: Step(.pump)
    case 450..<465: Step(.rest)
    case 465..<505: Step(.pass, number(1...900))
    case 505..<525: time()
    case 525..<540: disk()
    case 540..<547: machine()
    case 547..<740: call()
    case 740..<930: view()
    default: number(0...3) == 0 ? Step(.listen, number(0...1), number(0...1), window()) : hear()
    }
  }

  private mutating func hear() -> Step { Step(.hear, number(0...1), number(1...600)) }

  /// The clock is mostly right, sometimes wrong by seconds, hours or days; a frozen process wakes up much later.
  private mutating func time() -> Step {
    if number(0...3) == 0 { return Step(.freeze, oneOf(3_000, 30_000, 700_000, 18_000_000)) }
    let error = oneOf(0, 0, 1_500, 3_600_000, Int(SimulatedClock.greatestError))
    return Step(.clock, number(0...1) == 0 ? error : -error)
  }

  private mutating func disk() -> Step {
    switch number(0...5) {
    case 0: Step(.failSync, number(0...3))
    case 1: Step(.failReads, oneOf(3, 20))
    case 2: Step(.fill, oneOf(0, 5_000, 40_000))
    case 3: Step(.slow, oneOf(0, 20, 300))
    default: Step(.heal)
    }
  }

  private mutating func machine() -> Step {
    switch number(0...9) {
    case 0..<6: Step(.crash, oneOf(0, 1, 5, 12, 30), number(0...999_999), oneOf(0, 5_000, 700_000))
    case 6..<9: Step(.kill)
    default: Step(.stop)
    }
  }

  private mutating func call() -> Step {
    let (caller, event) = (number(0...1), number(0...3))
    switch number(0...59) {
    case 0..<6: return Step(.connect, caller, number(0...1), window())
    case 6: return Step(.hangUp, caller)
    case 7..<28:
      // Now and then the same key again, with the same wish.
      if number(0...5) > 0 { key += 1 }
      return Step(.book, caller, key)
    case 28..<33: return Step(.cancel, caller, number(0...99))
    case 33..<37: return Step(.confirm, caller, number(0...99))
    case 37: return Step(.extend, caller, number(0...99))
    case 38..<41: return Step(.join, caller, oneOf(1, 1, event), number(1...4))
    case 41: return Step(.quit, caller, event)
    case 42..<45: return Step(.resize, caller, event, number(1...oneOf(20, 500)))
    case 45..<47: return Step(.look, caller, event)
    case 47..<50: return Step(.patch, caller, event, number(0...5))
    case 50: return number(0...4) == 0 ? Step(.callOff, caller, event) : Step(.delete, caller)
    default: return Step(.read, caller, number(1...2_000))
    }
  }

  private mutating func view() -> Step {
    let (viewer, event, resumes) = (number(0...7), number(0...3), number(0...3) > 0 ? 1 : 0)
    switch number(0...49) {
    case 0..<10:
      return Step(
        .watch, viewer, number(0...1), number(0...3) == 0 ? -1 : event, resumes, window(), offer())
    case 10..<14: return Step(.subscribe, viewer, event, resumes)
    case 14: return Step(.subscribe, viewer, -1, 0)
    case 15..<18: return Step(.unsubscribe, viewer, event)
    case 18: return Step(.leave, viewer)
    case 19: return Step(number(0...1) == 0 ? .end : .vanish, viewer)
    case 20: return Step(.close, viewer)
    case 21: return Step(.ping, viewer, 1)
    case 22: return Step(.ping, viewer, 250)
    case 23..<28: return Step(.window, viewer, window())
    case 28..<38: return Step(.take, viewer, number(1...400))
    case 38..<41: return Step(.pace, viewer, oneOf(0, 1, 1, 2, 5, 60))
    default: return Step(.take, viewer, 1 << 20)
    }
  }
}
