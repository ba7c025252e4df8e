import Testing

@testable import FanoutCore

@Suite("Close codes")
struct CloseCodeTests {
  @Test("Exactly the registered codes and the ranges for libraries and applications may be sent")
  func allowed() {
    let expected = Set([1000...1003, 1007...1014, 3000...4999].joined())
    #expect(Set((0...65_535).filter { CloseCode(UInt16($0)).isAllowedOnTheWire }) == expected)
  }

  @Test("Every code that the server sends is allowed")
  func own() {
    let codes: [CloseCode] = [
      .normal, .goingAway, .protocolError, .unsupportedData, .invalidPayload, .policyViolation,
      .messageTooBig,
      .internalError, .serviceRestart, .tryAgainLater, .tokenExpired, .topicNotFound,
    ]
    #expect(codes.filter { !$0.isAllowedOnTheWire }.isEmpty)
  }
}
