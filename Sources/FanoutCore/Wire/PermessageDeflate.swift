// What a client and this server agree on about compression (RFC 7692, section 7.1). The answer always has
// `client_no_context_takeover`: then no message of a client refers to an earlier one, and one inflater serves a loop.

/// How far what is sent to a WebSocket may be compressed.
enum Compression: UInt8, Sendable {
  /// Not at all: nothing was agreed on.
  case none
  /// Each message by itself: the client keeps no window between two of them, or one that is too small to be relied on.
  case standalone
  /// A message may refer to the one before it.
  case shared
}

/// An agreement on `permessage-deflate`.
struct PermessageDeflate: Sendable, Equatable {
  /// The name of the extension.
  static let name = "permessage-deflate"

  /// The client keeps no window of what this server sends.
  private(set) var serverNoContextTakeover = false
  /// The window that the client keeps of what this server sends has at most so many bits; nil: 15.
  private(set) var serverMaxWindowBits: Int?

  /// - Parameter sharedWindow: bits of the window that messages need which refer to earlier ones.
  func compression(sharedWindow: Int) -> Compression {
    serverNoContextTakeover || serverMaxWindowBits ?? 15 < sharedWindow ? .standalone : .shared
  }

  /// Takes the first offer that can be met; nil: none can, and nothing is compressed.
  init?(_ offers: [ExtensionOffer]) {
    guard let agreement = offers.lazy.compactMap(PermessageDeflate.init(offer:)).first else { return nil }
    self = agreement
  }

  /// An offer with an unknown parameter, one that is given twice, or a value that is not allowed is declined (section 7.1).
  init?(offer: ExtensionOffer) {
    guard offer.name == Self.name else { return nil }
    var seen: Set<String> = []
    for parameter in offer.parameters {
      guard seen.insert(parameter.name).inserted else { return nil }
      switch (parameter.name, parameter.value) {
      case ("server_no_context_takeover", nil): serverNoContextTakeover = true
      case ("client_no_context_takeover", nil): break
      case ("server_max_window_bits", let value?):
        // zlib makes no raw window of 8 bits.
        guard let bits = Self.bits(value), bits > 8 else { return nil }
        serverMaxWindowBits = bits
      // Whatever window the client uses is read with one of 15 bits.
      case ("client_max_window_bits", nil): break
      case ("client_max_window_bits", let value?):
        guard Self.bits(value) != nil else { return nil }
      default: return nil
      }
    }
  }

  /// A decimal number from 8 to 15 without leading zeros (section 7.1.2).
  private static func bits(_ text: String) -> Int? {
    guard text.utf8.allSatisfy(HTTPByte.isDigit), text.utf8.first != UInt8(ascii: "0"), let bits = Int(text)
    else { return nil }
    return (8...15).contains(bits) ? bits : nil
  }

  /// The value of `Sec-WebSocket-Extensions` in the answer.
  var field: String {
    var field = Self.name + "; client_no_context_takeover"
    if serverNoContextTakeover { field += "; server_no_context_takeover" }
    if let serverMaxWindowBits { field += "; server_max_window_bits=\(serverMaxWindowBits)" }
    return field
  }
}
