// What a request and a handshake pass on a loop: parse, judge, prove, answer.
@testable import ControlPlane
@testable import FanoutCore

enum HTTPPieces {
  static var all: [Piece] {
    let token = TokenPieces.token()
    return [
      parse("http_parse_upgrade", "a browser's upgrade", Samples.upgrade(token: token)),
      parse("http_parse_booking", "a booking with its body", Samples.booking(token: token)),
      judge, accept, switching, answer,
    ]
  }

  private static func parse(_ name: String, _ operation: String, _ request: [UInt8]) -> Piece {
    Piece(name, operation, bytes: request.count, checksum: UInt64(request.count)) { count in
      var parser = HTTPRequestParser(limits: Limits())
      var input = request
      var sum: UInt64 = 0
      for _ in 0..<count {
        touch(&input)
        guard case .request(_, let consumed) = parser.parse(input.span) else { continue }
        sum &+= UInt64(consumed)
      }
      return sum
    }
  }

  private static var judge: Piece {
    var parser = HTTPRequestParser(limits: Limits())
    let request = Samples.upgrade(token: TokenPieces.token())
    guard case .request(let parsed, _) = parser.parse(request.span) else {
      fail("The upgrade was not parsed.")
    }
    return Piece("handshake_judge", "RFC 6455, section 4.2.1", checksum: 24) { count in
      var head = parsed.head
      var sum: UInt64 = 0
      for _ in 0..<count {
        touch(&head)
        guard case .valid(let key) = Handshake.judge(head) else { continue }
        sum &+= UInt64(key.count)
      }
      return sum
    }
  }

  private static var accept: Piece {
    let transport: CUVTransport
    do {
      transport = try CUVTransport(tick: 100, sender: .send)
    } catch {
      fail("There is no transport: \(error).")
    }
    let key = Array("dGhlIHNhbXBsZSBub25jZQ==".utf8)
    // The example of RFC 6455, section 1.3.
    let proof = Array("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=".utf8)
    return Piece("handshake_accept", "SHA-1 and base64 of a key", checksum: 1) {
      transport.webSocketAccept(key) == proof ? 1 : 0
    }
  }

  private static var switching: Piece {
    let proof = Array("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=".utf8)
    let size = UInt64(Handshake.switchingProtocols(accept: proof, subprotocol: nil).count)
    return Piece("handshake_answer", "101 Switching Protocols", checksum: size) {
      UInt64(Handshake.switchingProtocols(accept: proof, subprotocol: nil).count)
    }
  }

  /// The answer to a booking with all of its fields.
  private static var answer: Piece {
    let reply = Reply.json(
      BookingPieces.outcome, status: 201,
      fields: [.init(name: "location", value: "/api/bookings/BK-5AF03C9B")])
    let response = HTTPResponse(
      status: reply.status, fieldLines: reply.fieldLines.bytes, body: reply.body)
    let date = Array("Mon, 11 Nov 2024 10:30:00 GMT".utf8)
    var once: [UInt8] = []
    HTTPResponseEncoder.append(response, context: ResponseContext(), date: date, to: &once)
    let size = UInt64(once.count)
    return Piece("http_response_encode", "the answer to a booking", checksum: size) { count in
      var response = response
      var output: [UInt8] = []
      var sum: UInt64 = 0
      for _ in 0..<count {
        touch(&response)
        output.removeAll(keepingCapacity: true)
        HTTPResponseEncoder.append(response, context: ResponseContext(), date: date, to: &output)
        sum &+= UInt64(output.count)
      }
      return sum
    }
  }
}
