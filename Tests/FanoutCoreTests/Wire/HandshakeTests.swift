import Testing

@testable import FanoutCore

@Suite("WebSocket handshake")
struct HandshakeTests {
  private static let good = [
    "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
  ]

  /// The good request without the field that begins with `dropping`, with `adding`.
  private func judge(
    dropping: String? = nil, adding: [String] = [], start: String = "GET /ws HTTP/1.1"
  ) throws -> HandshakeVerdict {
    let lines = Self.good.filter { line in dropping.map { !line.hasPrefix($0) } ?? true } + adding
    let input = ([start, "Host: a"] + lines).joined(separator: "\r\n") + "\r\n\r\n"
    return Handshake.judge(try #require(request(input)).head)
  }

  private func status(_ verdict: HandshakeVerdict) -> Int? {
    guard case .invalid(let failure, _) = verdict else { return nil }
    return failure.status
  }

  private func isValid(_ verdict: HandshakeVerdict) -> Bool {
    guard case .valid = verdict else { return false }
    return true
  }

  @Test("The request of RFC 6455 is valid and yields its key")
  func valid() throws {
    guard case .valid(let key, nil) = try judge() else {
      Issue.record("refused")
      return
    }
    #expect(text(key) == "dGhlIHNhbXBsZSBub25jZQ==")
  }

  @Test("What the client offers of compression is read; a field that is no list of extensions is refused")
  func extensions() throws {
    let field = "Sec-WebSocket-Extensions: "
    guard case .valid(_, let deflate?) = try judge(adding: [field + "x, permessage-deflate"]) else {
      Issue.record("not agreed")
      return
    }
    #expect(!deflate.serverNoContextTakeover)
    #expect(isValid(try judge(adding: [field + "x"])))
    #expect(status(try judge(adding: [field + "permessage-deflate;"])) == 400)
    let answer = Handshake.switchingProtocols(accept: [], subprotocol: "p", deflate: deflate)
    #expect(
      text(answer).hasSuffix(
        "\r\nSec-WebSocket-Protocol: p\r\nSec-WebSocket-Extensions: \(deflate.field)\r\n\r\n"))
  }

  @Test("Case and company do not matter in Upgrade and Connection")
  func tolerant() throws {
    #expect(
      isValid(
        try judge(dropping: "Connection", adding: ["Connection: keep-alive, upgrade"])))
    #expect(isValid(try judge(dropping: "Upgrade", adding: ["UPGRADE: h2c, WebSocket"])))
  }

  @Test("Without Upgrade: websocket nothing is asked")
  func notAsked() throws {
    for verdict in [try judge(dropping: "Upgrade"), try judge(dropping: "Upgrade", adding: ["Upgrade: h2c"])]
    {
      guard case .notAsked = verdict else {
        Issue.record("\(verdict)")
        return
      }
    }
  }

  @Test("Another method is 405 with Allow")
  func method() throws {
    guard case .invalid(let failure, let fields) = try judge(start: "POST /ws HTTP/1.1") else {
      Issue.record("not refused")
      return
    }
    #expect(failure.status == 405)
    #expect(fields.map(\.name) == ["Allow"] && fields.map(\.value) == ["GET"])
  }

  @Test(
    "Another version is 426 and names the one that is spoken", arguments: ["12", "14", "13, 8", "", "013"])
  func version(version: String) throws {
    let verdict = try judge(dropping: "Sec-WebSocket-Version", adding: ["Sec-WebSocket-Version: \(version)"])
    guard case .invalid(let failure, let fields) = verdict else {
      Issue.record("not refused")
      return
    }
    #expect(failure.status == 426)
    #expect(fields.contains { $0 == ("Sec-WebSocket-Version", "13") })
    #expect(fields.contains { $0 == ("Upgrade", "websocket") })
  }

  @Test("What is missing is 400", arguments: ["Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version"])
  func missing(field: String) throws {
    #expect(status(try judge(dropping: field)) == 400)
  }

  @Test("An HTTP/1.0 request asks for nothing, whatever its Upgrade says")
  func oldVersion() throws {
    for start in ["GET /ws HTTP/1.0", "POST /ws HTTP/1.0"] {
      guard case .notAsked = try judge(start: start) else {
        Issue.record("\(start) is read as a handshake")
        continue
      }
    }
  }

  @Test(
    "A key that is not 16 bytes of base64 is 400",
    arguments: [
      "", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ===",
      "dGhlIHNhbXBsZSBub25jZ===", "dGhlIHNhbXBsZSBub25jZTEy", "dGhlIHNhbXBsZSBub25jZQ-=",
      "dGhlIHNhbXBs_SBub25jZQ==",
      "dGhlIHNhbXBsZSBub25jZQ== x", "AAAA",
    ])
  func wrongKey(key: String) throws {
    #expect(status(try judge(dropping: "Sec-WebSocket-Key", adding: ["Sec-WebSocket-Key: \(key)"])) == 400)
  }

  @Test("Two keys are 400")
  func twoKeys() throws {
    #expect(status(try judge(adding: ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="])) == 400)
  }

  @Test("The answer carries the hash and the chosen subprotocol")
  func answer() {
    #expect(
      text(Handshake.switchingProtocols(accept: bytes("HASH="), subprotocol: nil))
        == "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Accept: HASH=\r\n\r\n")
    #expect(
      text(Handshake.switchingProtocols(accept: bytes("HASH="), subprotocol: "seatcast.v1"))
        .hasSuffix("Accept: HASH=\r\nSec-WebSocket-Protocol: seatcast.v1\r\n\r\n"))
  }

  @Test("A subprotocol that is no token is left out", arguments: ["a\r\nX: y", "a b", ""])
  func wrongSubprotocol(name: String) {
    #expect(
      Handshake.switchingProtocols(accept: bytes("H"), subprotocol: name)
        == Handshake.switchingProtocols(accept: bytes("H"), subprotocol: nil))
  }
}
