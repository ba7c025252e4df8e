// The `RateLimit-Policy` and `RateLimit` fields of answers to users (see RateLimitFields.swift), made by hand into one
// buffer, because every booking's answer has them: one allocation. Any thread.

/// What is left of the limits that a request of a user counted for; nil where there is no such limit.
struct UserStandings: Sendable {
  var requests: RateDecision?
  /// Of bookings and their changes.
  var changes: RateDecision?
}

/// Writes the fields. What does not change is made once, and so are the texts for the numbers that occur most.
final class UserRateFields: Sendable {
  /// `RateLimit-Policy` for requests alone, changes alone, and both, and the start of the next line.
  private let starts: [[UInt8]]
  private let requests: Words
  private let changes: Words

  /// What is said of one limit.
  private struct Words {
    /// `"changes";r=29;t=` by what is left.
    let known: [[UInt8]]
    /// `"changes";r=`
    let name: [UInt8]
    let time = Array(";t=".utf8)

    init(_ name: LimitName, _ limit: RateLimit?) {
      let start = "\"\(name.rawValue)\";r="
      self.name = Array(start.utf8)
      known = (0..<min(limit?.burst ?? 0, 256)).map { Array("\(start)\($0);t=".utf8) }
    }
  }

  init(requests: RateLimit?, changes: RateLimit?) {
    func policy(_ name: LimitName, _ limit: RateLimit?) -> [String] {
      limit.map { ["\"\(name.rawValue)\";q=\($0.burst);w=\($0.window)"] } ?? []
    }
    let (ofRequests, ofChanges) = (policy(.requestsUser, requests), policy(.changes, changes))
    starts = [ofRequests, ofChanges, ofRequests + ofChanges].map { list in
      Array("ratelimit-policy: \(list.joined(separator: ", "))\r\nratelimit: ".utf8)
    }
    self.requests = Words(.requestsUser, requests)
    self.changes = Words(.changes, changes)
  }

  /// The two lines; none when nothing counted.
  func lines(_ standings: UserStandings) -> FieldLines {
    var text: [UInt8] = []
    switch (standings.requests, standings.changes) {
    case (nil, nil): return []
    case (let requests?, nil):
      begin(0, &text)
      append(self.requests, requests, to: &text)
    case (nil, let changes?):
      begin(1, &text)
      append(self.changes, changes, to: &text)
    case (let requests?, let changes?):
      begin(2, &text)
      append(self.requests, requests, to: &text)
      text.append(UInt8(ascii: ","))
      text.append(UInt8(ascii: " "))
      append(self.changes, changes, to: &text)
    }
    text.append(0x0D)
    text.append(0x0A)
    return FieldLines(finished: text)
  }

  private func begin(_ index: Int, _ text: inout [UInt8]) {
    text.reserveCapacity(starts[index].count + 80)
    text += starts[index]
  }

  private func append(_ words: borrowing Words, _ decision: RateDecision, to text: inout [UInt8]) {
    if decision.remaining < words.known.count {
      text += words.known[decision.remaining]
    } else {
      text += words.name
      Decimal.append(Int64(decision.remaining), to: &text)
      text += words.time
    }
    let time = decision.retryAfter
    if time < 10 { text.append(UInt8(ascii: "0") + UInt8(time)) } else { Decimal.append(time, to: &text) }
  }
}
