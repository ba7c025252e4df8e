import Testing

@testable import ControlPlane

@Suite("Account policy")
struct AccountPolicyTests {
  @Test("Registration is switched for all copies of a policy")
  func registration() {
    let (policy, copy) = { ($0, $0) }(AccountPolicy(accounts: .local, registration: true))
    #expect(copy.registration)
    policy.registration = false
    #expect(!copy.registration && copy.accounts == .local)
    #expect(AccountPolicy(accounts: .local, registration: true).registration)
  }
}
