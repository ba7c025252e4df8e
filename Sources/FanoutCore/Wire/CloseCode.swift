/// A WebSocket close code (RFC 6455, section 7.4) as it stands in a close frame.
public struct CloseCode: Hashable, Sendable {
  public let rawValue: UInt16
  public init(_ rawValue: UInt16) { self.rawValue = rawValue }

  public static let normal = CloseCode(1000)
  public static let goingAway = CloseCode(1001)
  public static let protocolError = CloseCode(1002)
  public static let unsupportedData = CloseCode(1003)
  public static let invalidPayload = CloseCode(1007)
  public static let policyViolation = CloseCode(1008)
  public static let messageTooBig = CloseCode(1009)
  public static let internalError = CloseCode(1011)
  public static let serviceRestart = CloseCode(1012)
  public static let tryAgainLater = CloseCode(1013)
  /// The client's token ended (docs/WIRE_PROTOCOL.md).
  public static let tokenExpired = CloseCode(4001)
  public static let topicNotFound = CloseCode(4404)
}

extension CloseCode {
  /// Whether a close frame may carry this code (RFC 6455, section 7.4, and the IANA registry): 1004 is
  /// reserved; 1005, 1006 and 1015 only ever stand for the absence of a frame.
  var isAllowedOnTheWire: Bool {
    switch rawValue {
    case 1000...1003, 1007...1014, 3000...4999: true
    default: false
    }
  }
}
