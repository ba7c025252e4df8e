// The extensions that a client offers in its opening handshake (RFC 6455, section 9.1). Grammar only; which of them is
// taken is decided elsewhere.

/// One extension as it was offered.
struct ExtensionOffer: Sendable, Equatable {
  struct Parameter: Sendable, Equatable {
    let name: String
    /// Without quotes and escapes; nil: it has none.
    let value: String?
  }

  let name: String
  let parameters: [Parameter]

  /// The offers of all `Sec-WebSocket-Extensions` fields, in order; nil: some field is not what the grammar says.
  static func read(_ head: HTTPRequestHead) -> [ExtensionOffer]? {
    var offers: [ExtensionOffer] = []
    for range in head.values("sec-websocket-extensions") {
      var reader = ExtensionReader(head.bytes[range])
      guard let more = reader.offers() else { return nil }
      offers += more
    }
    return offers
  }
}

/// Reads one field: offers with commas between them, empty ones among them (RFC 9110, section 5.6.1).
private struct ExtensionReader {
  private var rest: ArraySlice<UInt8>

  init(_ field: ArraySlice<UInt8>) { rest = field }

  mutating func offers() -> [ExtensionOffer]? {
    var offers: [ExtensionOffer] = []
    while true {
      skipBlanks()
      if !rest.isEmpty && rest.first != UInt8(ascii: ",") {
        guard let offer = offer() else { return nil }
        offers.append(offer)
      }
      if rest.isEmpty { return offers }
      guard take(UInt8(ascii: ",")) else { return nil }
    }
  }

  private mutating func offer() -> ExtensionOffer? {
    guard let name = token() else { return nil }
    var parameters: [ExtensionOffer.Parameter] = []
    while take(UInt8(ascii: ";")) {
      guard let name = token() else { return nil }
      guard take(UInt8(ascii: "=")) else {
        parameters.append(.init(name: name, value: nil))
        continue
      }
      guard let value = rest.first == UInt8(ascii: "\"") ? quotedToken() : token() else { return nil }
      parameters.append(.init(name: name, value: value))
    }
    return ExtensionOffer(name: name, parameters: parameters)
  }

  /// Takes a token and the blanks around it.
  private mutating func token() -> String? {
    skipBlanks()
    let token = rest.prefix { ASCIISet.token.contains($0) }
    rest = rest.dropFirst(token.count)
    skipBlanks()
    return token.isEmpty ? nil : String(decoding: token, as: UTF8.self)
  }

  /// Takes a quoted string, which must be a token once its escapes are resolved.
  private mutating func quotedToken() -> String? {
    var value: [UInt8] = []
    rest = rest.dropFirst()
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\"") {
        skipBlanks()
        return value.isEmpty ? nil : String(decoding: value, as: UTF8.self)
      }
      guard let meant = byte == UInt8(ascii: "\\") ? rest.popFirst() : byte, ASCIISet.token.contains(meant)
      else { return nil }
      value.append(meant)
    }
    return nil
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard rest.first == byte else { return false }
    rest = rest.dropFirst()
    skipBlanks()
    return true
  }

  private mutating func skipBlanks() { rest = rest.drop { HTTPByte.isBlank($0) } }
}
