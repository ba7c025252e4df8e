import Testing

@testable import ControlPlane

@Suite("Login guard")
struct LoginGuardTests {
  private let logins = LoginGuard(
    perAccount: RateLimit(10, per: 60_000), perAddress: RateLimit(30, per: 60_000))
  private let minute: UInt64 = 60_000

  private func admits(_ account: UInt64, _ address: UInt64, at now: UInt64) -> Bool {
    if case .admitted = logins.admit(account: account, address: address, at: now) { true } else { false }
  }

  /// Guesses a password; false: the guess was not let through.
  private func guess(_ account: UInt64, _ address: UInt64, at now: UInt64) -> Bool {
    guard admits(account, address, at: now) else { return false }
    logins.failed(account: account, address: address, at: now)
    return true
  }

  @Test("After three failures an address waits for this account: 1 s, 2 s, 4 s, up to five minutes")
  func growingDelay() {
    var now: UInt64 = 1_000_000
    for _ in 1...2 { #expect(guess(1, 1, at: now)) }
    for seconds: UInt64 in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
      #expect(guess(1, 1, at: now))
      #expect(logins.admit(account: 1, address: 1, at: now) == .refused(.loginDelay, retryAfter: seconds))
      #expect(!guess(1, 1, at: now + seconds * 1_000 - 1))
      now += seconds * 1_000
    }
    #expect(LoginGuard.delay(after: .max) == LoginGuard.longestDelay)
  }

  @Test("A success ends the delay, and an hour without failures forgets them")
  func ending() {
    for _ in 1...3 { _ = guess(1, 1, at: 1_000) }
    #expect(!admits(1, 1, at: 1_999))
    #expect(admits(1, 1, at: 2_000))
    logins.succeeded(account: 1, address: 1, at: 2_000)
    for _ in 1...2 { #expect(guess(1, 1, at: 10 * minute)) }
    #expect(admits(1, 1, at: 10 * minute))

    for _ in 1...3 { _ = guess(2, 2, at: 20 * minute) }
    for _ in 1...2 { #expect(guess(2, 2, at: 90 * minute)) }
    #expect(admits(2, 2, at: 90 * minute))
  }

  @Test("One address has 30 attempts a minute over all accounts")
  func perAddress() {
    for account: UInt64 in 1...30 { #expect(guess(account, 9, at: 1_000)) }
    #expect(logins.admit(account: 31, address: 9, at: 1_000) == .refused(.loginAddress, retryAfter: 2))
    #expect(guess(31, 9, at: 3_000))
    #expect(!guess(32, 9, at: 3_000))
  }

  @Test("One account takes 10 attempts a minute, from however many addresses")
  func perAccount() {
    var admitted = 0
    for address: UInt64 in 1...100 {
      for _ in 1...3 where guess(5, address, at: 1_000) { admitted += 1 }
    }
    #expect(admitted == 10)
    #expect(logins.admit(account: 5, address: 1_000, at: 1_000) == .refused(.loginAccount, retryAfter: 6))
    for address: UInt64 in 101...200 where guess(5, address, at: 1_000 + minute) { admitted += 1 }
    #expect(admitted == 20)
  }

  @Test("The second half of an account's attempts is closed to addresses that failed three times")
  func reserve() {
    for address: UInt64 in 1...2 {
      for _ in 1...3 { #expect(guess(5, address, at: 1_000)) }
    }
    // At 2.0 s their delay is over, and 10 - 6 + 1/6 attempts are left.
    #expect(logins.admit(account: 5, address: 1, at: 2_000) == .refused(.loginAccount, retryAfter: 11))
    for address: UInt64 in 3...6 { #expect(guess(5, address, at: 2_000)) }
    #expect(logins.admit(account: 5, address: 7, at: 2_000) == .refused(.loginAccount, retryAfter: 5))
  }

  @Test("Who guesses from one address, however long, does not keep the owner out of another")
  func ownerElsewhere() {
    var now: UInt64 = 1_000
    for _ in 1...2_000 {
      _ = guess(5, 1, at: now)
      now += 300
    }
    #expect(admits(5, 2, at: now))
    logins.failed(account: 5, address: 2, at: now)
    #expect(admits(5, 2, at: now), "a typing error does not keep the owner out either")
  }

  @Test("Where the owner has logged in before, no number of guessers keeps them out")
  func knownAddress() {
    var now: UInt64 = 1_000
    #expect(admits(5, 42, at: now))
    logins.succeeded(account: 5, address: 42, at: now)
    for address: UInt64 in 1_000..<3_000 {
      _ = guess(5, address, at: now)
      now += 10
    }
    #expect(!admits(5, 9_999, at: now), "the account's budget is used up")
    for _ in 1...3 { #expect(admits(5, 42, at: now)) }
  }

  @Test("What is told to be left is of the budget that was drawn on")
  func remaining() {
    logins.succeeded(account: 5, address: 42, at: 1_000)
    for address: UInt64 in 100..<110 { #expect(guess(5, address, at: 1_000)) }
    guard case .admitted(let ofAccount?, _) = logins.admit(account: 5, address: 42, at: 1_000) else {
      Issue.record("a known address has a budget of its own")
      return
    }
    #expect(ofAccount.isAllowed && ofAccount.remaining == 9)
    for _ in 1...9 { #expect(admits(5, 42, at: 1_000)) }
    #expect(logins.admit(account: 5, address: 42, at: 1_000) == .refused(.loginAccount, retryAfter: 6))
  }

  @Test("Other accounts and other addresses are not concerned")
  func apart() {
    for _ in 1...20 { _ = guess(1, 1, at: 1_000) }
    #expect(!admits(1, 1, at: 1_000))
    #expect(admits(2, 1, at: 1_000) && admits(1, 2, at: 1_000))
  }

  @Test("Without limits nothing is judged and nothing remembered")
  func off() {
    let logins = LoginGuard(perAccount: nil, perAddress: nil)
    for _ in 1...100 {
      #expect(logins.admit(account: 1, address: 1, at: 1) == .admitted(account: nil, address: nil))
      logins.failed(account: 1, address: 1, at: 1)
    }
  }
}
