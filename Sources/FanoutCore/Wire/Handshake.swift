// The opening handshake of a WebSocket, server side (RFC 6455, section 4.2). Grammar only: SHA-1 belongs to
// the runtime, and whether this client is let in belongs to the session handler.

/// What a request's head says about WebSocket.
enum HandshakeVerdict: Sendable {
  /// Plain HTTP; an `Upgrade` of an HTTP/1.0 request is ignored (RFC 9110, section 7.8).
  case notAsked
  /// A WebSocket was asked for, wrongly; `fields` go into the answer.
  case invalid(HTTPFailure, fields: [(name: String, value: String)])
  /// `key` is the `Sec-WebSocket-Key` as sent, 24 bytes. `deflate`: what can be agreed on about compression, if anything.
  case valid(key: [UInt8], deflate: PermessageDeflate?)
}

enum Handshake {
  /// Judges a head by RFC 6455, section 4.2.1.
  static func judge(_ head: HTTPRequestHead) -> HandshakeVerdict {
    guard head.known.contains(.upgrade), head.minorVersion >= 1, head.listContains("upgrade", "websocket")
    else { return .notAsked }
    guard head.isMethod("GET") else {
      return .invalid(
        HTTPFailure(status: 405, sentence: "A WebSocket is opened with GET."), fields: [("Allow", "GET")])
    }
    guard head.listContains("connection", "upgrade") else {
      return refuse("The Connection field must name Upgrade.")
    }
    let versions = head.values("sec-websocket-version")
    guard !versions.isEmpty else { return refuse("The Sec-WebSocket-Version field is missing.") }
    guard versions.count == 1, head.equals(versions[0], "13") else { return wrongVersion }
    let keys = head.values("sec-websocket-key")
    guard keys.count == 1, isKey(head.bytes[keys[0]]) else {
      return refuse("There must be one Sec-WebSocket-Key with 16 bytes in base64.")
    }
    guard let offers = ExtensionOffer.read(head) else {
      return refuse("The Sec-WebSocket-Extensions field is not a list of extensions.")
    }
    return .valid(key: [UInt8](head.bytes[keys[0]]), deflate: PermessageDeflate(offers))
  }

  /// The answer that ends HTTP on this connection (RFC 6455, section 4.2.2).
  /// - Parameters:
  ///   - accept: the hash of the key (RFC 6455, section 4.2.2, item 5.4), 28 bytes of base64.
  ///   - subprotocol: one that the client offered; left out when it is no token.
  ///   - deflate: what is agreed on about compression; nil: nothing is.
  static func switchingProtocols(
    accept: [UInt8], subprotocol: String?, deflate: PermessageDeflate? = nil
  ) -> [UInt8] {
    var answer: [UInt8] = []
    answer.append(
      utf8: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Accept: ")
    answer.append(contentsOf: accept)
    if let subprotocol, !subprotocol.isEmpty, subprotocol.utf8.allSatisfy(ASCIISet.token.contains) {
      answer.append(utf8: "\r\nSec-WebSocket-Protocol: ")
      answer.append(utf8: subprotocol)
    }
    if let deflate {
      answer.append(utf8: "\r\nSec-WebSocket-Extensions: ")
      answer.append(utf8: deflate.field)
    }
    answer.append(utf8: "\r\n\r\n")
    return answer
  }

  private static func refuse(_ sentence: String) -> HandshakeVerdict {
    .invalid(.badRequest(sentence), fields: [])
  }

  /// RFC 6455, section 4.4: the answer names the versions that are understood.
  private static var wrongVersion: HandshakeVerdict {
    .invalid(
      HTTPFailure(status: 426, sentence: "This server speaks version 13 of the WebSocket protocol."),
      fields: [("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")])
  }

  /// 16 bytes in base64 are 22 characters and two signs of padding.
  private static func isKey(_ key: ArraySlice<UInt8>) -> Bool {
    key.count == 24 && key.suffix(2).elementsEqual("==".utf8) && key.prefix(22).allSatisfy(base64.contains)
  }

  private static let base64 = ASCIISet("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
}
