import Testing

@testable import ControlPlane

@Suite("TokenCache")
struct TokenCacheTests {
  private let now = Instant(milliseconds: 0)

  private func principal(_ id: Int) -> Principal {
    Principal(identity: .local(UInt64(id)), role: .user, expiresAt: Instant(milliseconds: 10))
  }

  private func key(_ id: Int) -> [UInt8] { Array("token \(id)".utf8) }

  @Test("Remembers, until the moment of expiry")
  func remembers() {
    let cache = TokenCache(capacity: 4)
    cache.remember(principal(1), for: key(1))
    #expect(cache.principal(of: key(1), at: now) == principal(1))
    #expect(cache.principal(of: key(2), at: now) == nil)
    #expect(cache.principal(of: key(1), at: Instant(milliseconds: 9)) == principal(1))
    #expect(cache.principal(of: key(1), at: Instant(milliseconds: 10)) == nil)
    #expect(cache.count == 0)
  }

  @Test("Holds at most two generations, whatever comes")
  func bounded() {
    let cache = TokenCache(capacity: 10)
    for id in 0..<1_000 {
      cache.remember(principal(id), for: key(id))
      #expect(cache.count <= 20)
    }
    #expect(cache.principal(of: key(999), at: now) != nil)
    #expect(cache.principal(of: key(0), at: now) == nil)
  }

  @Test("Stays within its bound also when everything that it holds is in use")
  func boundedInUse() {
    let cache = TokenCache(capacity: 10)
    for id in 0..<200 {
      cache.remember(principal(id), for: key(id))
      for known in 0...id { _ = cache.principal(of: key(known), at: now) }
      #expect(cache.count <= 20)
    }
  }

  @Test("What is in use stays while others pass by")
  func keepsWhatIsUsed() {
    let cache = TokenCache(capacity: 10)
    cache.remember(principal(0), for: key(0))
    for id in 1..<500 {
      cache.remember(principal(id), for: key(id))
      #expect(cache.principal(of: key(0), at: now) == principal(0))
    }
  }
}
