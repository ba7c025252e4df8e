import TestSupport
import Testing

@testable import seatcast

@Suite("RehearsalUsers")
struct RehearsalUsersTests {
  @Test("A token tells whom it speaks for")
  func subjects() {
    let mint = TokenMint(secret: "a secret of more than 32 bytes for this test")
    #expect(TokenSubject.read(mint.token(user: 17)) == "17")
    #expect(TokenSubject.read(mint.token(claims: ["sub": "auth0|5f7c", "exp": 1])) == "auth0|5f7c")
    #expect(TokenSubject.read(mint.token(claims: ["userId": 5, "exp": 1])) == "5")
    for text in ["", "a.b", "a.!.c", "a.e30.c"] { #expect(TokenSubject.read(text) == nil) }
  }
}
