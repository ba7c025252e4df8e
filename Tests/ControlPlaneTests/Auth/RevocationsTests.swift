import Testing

@testable import ControlPlane

@Suite("Revocations")
struct RevocationsTests {
  private let identity = Identity(issuer: "them", subject: Subject(3))

  private func principal(_ identity: Identity, issuedAt: Int64?) -> Principal {
    Principal(
      identity: identity, role: .user, issuedAt: issuedAt.map { Instant(milliseconds: $0) },
      expiresAt: Timestamps.latest)
  }

  @Test("a log-out refuses tokens of its second and before, and those without a time of issue")
  func seconds() {
    let revocations = Revocations()
    #expect(!revocations.refuses(principal(identity, issuedAt: nil)))
    revocations.add(identity, before: Revocations.moment(ofLogoutAt: Instant(milliseconds: 10_500)))
    for issuedAt in [nil, 0, 9_000, 10_000, 10_999] as [Int64?] {
      #expect(revocations.refuses(principal(identity, issuedAt: issuedAt)), "\(issuedAt ?? -1)")
    }
    for issuedAt: Int64 in [11_000, 12_000] {
      #expect(!revocations.refuses(principal(identity, issuedAt: issuedAt)))
    }
  }

  @Test("only the identity that was logged out is concerned, to the issuer and the byte")
  func others() {
    let revocations = Revocations([identity: Instant(milliseconds: 11_000)])
    for other in [
      Identity.local(3), Identity(issuer: "Them", subject: Subject(3)),
      Identity(issuer: "them", subject: Subject(4)),
    ] {
      #expect(!revocations.refuses(principal(other, issuedAt: nil)))
    }
    #expect(revocations.refuses(principal(identity, issuedAt: 10_000)))
  }

  @Test("a later log-out is not undone by an earlier one")
  func order() {
    let revocations = Revocations()
    revocations.add(identity, before: Instant(milliseconds: 9_000))
    revocations.add(identity, before: Instant(milliseconds: 3_000))
    #expect(revocations.moment(of: identity) == Instant(milliseconds: 9_000))
  }
}
