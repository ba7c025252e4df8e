import Testing

@testable import ControlPlane

@Suite("Revocations")
struct RevocationsTests {
  private let identity = Identity(issuer: "them", subject: Subject(3))
  /// Later than all that is issued here.
  private let now = Instant(milliseconds: 10_000_000)

  private func principal(_ identity: Identity, issuedAt: Int64?) -> Principal {
    Principal(
      identity: identity, role: .user, issuedAt: issuedAt.map { Instant(milliseconds: $0) },
      expiresAt: Timestamps.latest)
  }

  @Test("a log-out refuses tokens of its second and before, and those without a time of issue")
  func seconds() {
    let revocations = Revocations()
    #expect(!revocations.refuses(principal(identity, issuedAt: nil), at: now))
    revocations.add(
      identity,
      before: Revocations.moment(
        of: identity, loggedOutAt: Instant(milliseconds: 10_500), last: nil))
    for issuedAt in [nil, 0, 9_000, 10_000, 10_999] as [Int64?] {
      #expect(revocations.refuses(principal(identity, issuedAt: issuedAt), at: now), "\(issuedAt ?? -1)")
    }
    for issuedAt: Int64 in [11_000, 12_000] {
      #expect(!revocations.refuses(principal(identity, issuedAt: issuedAt), at: now))
    }
  }

  @Test("a token that was issued while the clock was ahead does not outlive a log-out after that")
  func clockAhead() {
    let now = Instant(milliseconds: 10_500)
    let moment = Revocations.moment(of: identity, loggedOutAt: now, last: nil)
    let revocations = Revocations()
    let early = principal(identity, issuedAt: 3_600_000)
    #expect(!revocations.refuses(early, at: now), "nobody was logged out")
    revocations.add(identity, before: moment)
    #expect(revocations.refuses(early, at: now))
    #expect(!revocations.refuses(principal(identity, issuedAt: 11_000), at: now))
    #expect(
      !revocations.refuses(principal(identity, issuedAt: 70_500), at: now), "an issuer may be a minute ahead")
    #expect(revocations.refuses(principal(identity, issuedAt: 71_000), at: now))
    // The log-out itself was made while the clock was ahead: new tokens bear its moment.
    revocations.add(identity, before: Instant(milliseconds: 3_600_000))
    #expect(!revocations.refuses(early, at: now))
    #expect(revocations.refuses(principal(identity, issuedAt: 3_601_000), at: now))
  }

  @Test("what a removed key signed is refused, until the key is back")
  func removedKeys() {
    let revocations = Revocations()
    func refuses(_ key: UInt32) -> Bool {
      revocations.refuses(
        Principal(identity: identity, role: .user, expiresAt: Timestamps.latest, key: key), at: now)
    }
    revocations.replaceKeys(removed: [3], trusted: [4])
    #expect(refuses(3) && !refuses(4) && !refuses(0))
    revocations.replaceKeys(removed: [4], trusted: [3])
    #expect(!refuses(3) && refuses(4))
  }

  @Test("a second log-out in the same second refuses what was issued here between the two")
  func twice() {
    let now = Instant(milliseconds: 10_500)
    func moment(_ identity: Identity, last: Int64) -> Int64 {
      Revocations.moment(of: identity, loggedOutAt: now, last: Instant(milliseconds: last)).milliseconds
    }
    #expect(moment(.local(3), last: 11_000) == 12_000)
    #expect(moment(.local(3), last: 10_000) == 11_000)
    #expect(moment(identity, last: 11_000) == 11_000)
    #expect(moment(identity, last: 15_000) == 15_000)
  }

  @Test("only the identity that was logged out is concerned, to the issuer and the byte")
  func others() {
    let revocations = Revocations([identity: Instant(milliseconds: 11_000)])
    for other in [
      Identity.local(3), Identity(issuer: "Them", subject: Subject(3)),
      Identity(issuer: "them", subject: Subject(4)),
    ] {
      #expect(!revocations.refuses(principal(other, issuedAt: nil), at: now))
    }
    #expect(revocations.refuses(principal(identity, issuedAt: 10_000), at: now))
  }

  @Test("of too many log-outs the older half becomes one of everybody, and no other issuer is concerned")
  func capacity() {
    let revocations = Revocations(capacity: 4)
    revocations.add(identity, before: Instant(milliseconds: 1_000))
    for number: UInt64 in 1...5 {
      revocations.add(.local(number), before: Instant(milliseconds: Int64(number) * 10_000))
    }
    // 1 to 3 are merged: their moment is that of the youngest of them.
    for (number, moment) in [(1, 30_000), (3, 30_000), (4, 40_000), (5, 50_000), (99, 30_000)] {
      #expect(revocations.moment(of: .local(UInt64(number)))?.milliseconds == Int64(moment))
    }
    #expect(revocations.refuses(principal(.local(99), issuedAt: 29_999), at: now))
    #expect(revocations.refuses(principal(.local(99), issuedAt: nil), at: now))
    #expect(!revocations.refuses(principal(.local(99), issuedAt: 30_000), at: now))
    #expect(revocations.moment(of: identity) == Instant(milliseconds: 1_000))
    #expect(revocations.moment(of: Identity(issuer: "them", subject: Subject(4))) == nil)
    for number: UInt64 in 100...10_000 { revocations.add(.local(number), before: Timestamps.earliest) }
    #expect(revocations.count <= 6)
    revocations.add(.everybody(of: Identity.localIssuer), before: Timestamps.latest)
    for number: UInt64 in 1...9 { revocations.add(.local(number), before: Timestamps.earliest) }
    #expect(revocations.moment(of: .local(99)) == Timestamps.latest)
  }

  @Test("a later log-out is not undone by an earlier one")
  func order() {
    let revocations = Revocations()
    revocations.add(identity, before: Instant(milliseconds: 9_000))
    revocations.add(identity, before: Instant(milliseconds: 3_000))
    #expect(revocations.moment(of: identity) == Instant(milliseconds: 9_000))
  }

  @Test(
    "who is disabled has no good token, whenever it was issued; enabled again, those of before the log-out")
  func disabled() {
    for revocations in [Revocations(), Revocations(disabled: [identity])] {
      revocations.setDisabled(identity, true)
      #expect(revocations.isDisabled(identity))
      #expect(revocations.refuses(principal(identity, issuedAt: 9_000_000), at: now))
      #expect(!revocations.refuses(principal(.local(9), issuedAt: nil), at: now))
      revocations.setDisabled(identity, false)
      #expect(!revocations.refuses(principal(identity, issuedAt: 9_000_000), at: now))
    }
  }

  @Test("a log-out is seen by who asks since a mark of before, and by nobody else")
  func marks() {
    let revocations = Revocations()
    let before = revocations.mark
    #expect(!revocations.wasLoggedOut(identity, since: before))
    revocations.add(identity, before: Instant(milliseconds: 0))
    #expect(revocations.wasLoggedOut(identity, since: before))
    #expect(!revocations.wasLoggedOut(.local(99), since: before))
    #expect(!revocations.wasLoggedOut(identity, since: revocations.mark))
    for number: UInt64 in 100...10_000 { revocations.add(.local(number), before: Timestamps.earliest) }
    #expect(revocations.wasLoggedOut(identity, since: before), "too many to tell")
  }
}
