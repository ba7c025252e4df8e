import Testing

@testable import ControlPlane

@Suite("ConnectionTokens")
struct ConnectionTokensTests {
  private func grant(_ user: UInt64, _ events: Set<EventID>? = nil) -> ConnectionGrant {
    ConnectionGrant(
      principal: Principal(identity: .local(user), role: .user, expiresAt: Timestamps.latest), events: events)
  }

  @Test("A token is good once, for 30 seconds")
  func once() {
    let tokens = ConnectionTokens()
    let token = tokens.issue(grant(1, [EventID(5)]), at: 1_000)
    #expect(token.count == 22)
    #expect(tokens.redeem(token.dropLast() + [UInt8(ascii: "!")], at: 1_000) == nil)
    #expect(tokens.redeem(token, at: 30_999) == grant(1, [EventID(5)]))
    #expect(tokens.redeem(token, at: 30_999) == nil)
    let late = tokens.issue(grant(1), at: 1_000)
    #expect(tokens.redeem(late, at: 31_000) == nil)
    #expect(tokens.redeem([UInt8](repeating: 65, count: 4_000), at: 0) == nil)
  }

  @Test("A user has a bounded number of tokens; the oldest go first, and nobody else's")
  func perUser() {
    let tokens = ConnectionTokens(perUser: 3)
    let other = tokens.issue(grant(2), at: 0)
    let own = (0..<5).map { _ in tokens.issue(grant(1), at: 0) }
    #expect(own.map { tokens.redeem($0, at: 0) != nil } == [false, false, true, true, true])
    #expect(tokens.redeem(other, at: 0) != nil)
  }

  @Test("All together are bounded, used ones included; the oldest go first")
  func bounded() {
    let tokens = ConnectionTokens(capacity: 100)
    var last: [UInt8] = []
    for user: UInt64 in 0..<1_000 {
      last = tokens.issue(grant(user), at: 0)
      if user % 2 == 0 { #expect(tokens.redeem(last, at: 0) != nil) }
      #expect(tokens.count <= 100)
    }
    #expect(tokens.redeem(last, at: 0) != nil)
    _ = tokens.issue(grant(1), at: 30_000)
    #expect(tokens.count == 1)
  }

  @Test("Tokens that were used take no room from one that was not")
  func usedMakeRoom() {
    let tokens = ConnectionTokens(capacity: 100)
    let waiting = (0..<50).map { tokens.issue(grant(1_000 + $0), at: 0) }
    for user: UInt64 in 0..<1_000 {
      #expect(tokens.redeem(tokens.issue(grant(user % 7), at: 0), at: 0) != nil)
      #expect(tokens.count <= 100)
    }
    #expect(waiting.allSatisfy { tokens.redeem($0, at: 0) != nil })
  }

  @Test("Of many threads that redeem one token, one gets it")
  func race() async {
    let tokens = ConnectionTokens()
    for _ in 0..<50 {
      let token = tokens.issue(grant(1), at: 0)
      let winners = await withTaskGroup(of: Bool.self) { group in
        for _ in 0..<8 { group.addTask { tokens.redeem(token, at: 0) != nil } }
        return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
      }
      #expect(winners == 1)
    }
  }

  @Test("A queue gives back what it got, in order, and its memory follows")
  func queue() {
    var queue = FirstInFirstOut<Int>()
    var (next, expected) = (0, 0)
    for round in 0..<100 {
      for _ in 0..<(round % 7) {
        queue.append(next)
        next += 1
      }
      for _ in 0..<min(queue.count, round % 5) {
        #expect(queue.first == expected)
        queue.removeFirst()
        expected += 1
      }
    }
    #expect(queue.count == next - expected)
    queue.removeAll { $0 % 2 == 0 }
    while let first = queue.first {
      if expected % 2 == 0 { expected += 1 }
      #expect(first == expected)
      queue.removeFirst()
      expected += 1
    }
    #expect(queue.count == 0 && next - expected < 2)
  }

  @Test("Unused tokens of another process are good here, once, and those of refused users are not passed on")
  func handedOver() {
    let (old, new) = (ConnectionTokens(), ConnectionTokens())
    var principal = Principal(
      identity: Identity(issuer: "https://id.example", subject: .text("a\"b")), role: .admin,
      email: "a@example.org", name: "\u{e4}", issuedAt: Instant(milliseconds: 5),
      expiresAt: Timestamps.latest,
      key: .max)
    let full = old.issue(ConnectionGrant(principal: principal, events: [EventID(5), EventID(6)]), at: 1_000)
    let plain = old.issue(grant(1), at: 1_500)
    let none = old.issue(grant(3, []), at: 1_500)
    let used = old.issue(grant(1), at: 2_000)
    _ = old.redeem(used, at: 2_000)
    principal = grant(2).principal
    let refused = old.issue(grant(2), at: 2_000)
    let pieces = old.pieces { $0.identity != principal.identity }
    #expect(pieces.count == 1)
    for piece in pieces + [Array("{}".utf8), Array("nonsense".utf8)] { new.adopt(piece) }
    #expect(new.redeem(full, at: 30_999) == old.redeem(full, at: 30_999))
    #expect(new.redeem(plain, at: 31_500) == nil)
    #expect(new.redeem(none, at: 2_000) == grant(3, []))
    #expect(new.redeem(used, at: 2_000) == nil)
    #expect(new.redeem(refused, at: 2_000) == nil)
  }

  @Test("Many tokens are passed on in pieces that fit a message")
  func pieces() {
    let (old, new) = (ConnectionTokens(), ConnectionTokens())
    let tokens = (0..<1_000).map { old.issue(grant($0), at: 0) }
    let pieces = old.pieces { _ in true }
    #expect(pieces.count > 1 && pieces.allSatisfy { $0.count < 48 * 1_024 })
    for piece in pieces { new.adopt(piece) }
    #expect(tokens.allSatisfy { new.redeem($0, at: 0) != nil })
  }
}
