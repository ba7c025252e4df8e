import Testing

@testable import FanoutCore

@Suite("permessage-deflate")
struct PermessageDeflateTests {
  private func agree(_ field: String) throws -> PermessageDeflate? {
    let head = try #require(
      request("GET / HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Extensions: \(field)\r\n\r\n")
    ).head
    return PermessageDeflate(try #require(ExtensionOffer.read(head)))
  }

  private let answer = "permessage-deflate; client_no_context_takeover"

  @Test("Offers that can be met are answered with what holds (RFC 7692, section 7.1)")
  func accepted() throws {
    #expect(try agree("permessage-deflate")?.field == answer)
    #expect(try agree("permessage-deflate; client_max_window_bits")?.field == answer)
    #expect(try agree("permessage-deflate; client_max_window_bits=8")?.field == answer)
    #expect(try agree("permessage-deflate; client_no_context_takeover")?.field == answer)
    #expect(
      try agree("permessage-deflate; server_no_context_takeover")?.field
        == answer + "; server_no_context_takeover")
    #expect(
      try agree("permessage-deflate; server_max_window_bits=\"10\"; client_max_window_bits=15")?.field
        == answer + "; server_max_window_bits=10")
    for bits in 9...15 {
      #expect(
        try agree("permessage-deflate; server_max_window_bits=\(bits)")?.field
          == answer + "; server_max_window_bits=\(bits)")
    }
  }

  @Test("What a client cannot keep is not relied on")
  func compression() throws {
    func compression(_ field: String) throws -> Compression? {
      try agree(field)?.compression(sharedWindow: 11)
    }
    #expect(try compression("permessage-deflate") == .shared)
    #expect(try compression("permessage-deflate; client_no_context_takeover") == .shared)
    #expect(try compression("permessage-deflate; server_no_context_takeover") == .standalone)
    #expect(try compression("permessage-deflate; server_max_window_bits=10") == .standalone)
    #expect(try compression("permessage-deflate; server_max_window_bits=11") == .shared)
  }

  @Test("An offer with an unknown, a repeated or a wrong parameter is declined, and the next one counts")
  func declined() throws {
    let bad = [
      "foo=1", "server_no_context_takeover=1", "client_no_context_takeover=\"x\"", "server_max_window_bits",
      "server_max_window_bits=8", "server_max_window_bits=7", "server_max_window_bits=16",
      "server_max_window_bits=09", "server_max_window_bits=+9", "server_max_window_bits=1x",
      "client_max_window_bits=7", "client_max_window_bits=16", "client_max_window_bits=08",
      "client_max_window_bits=99999999999999999999", "client_max_window_bits; client_max_window_bits",
      "server_no_context_takeover; server_no_context_takeover",
      "server_max_window_bits=10; server_max_window_bits=10", "Server_no_context_takeover",
    ]
    for parameters in bad {
      #expect(try agree("permessage-deflate; \(parameters)") == nil, "\(parameters)")
      #expect(
        try agree("permessage-deflate; \(parameters), permessage-deflate; server_max_window_bits=9")?
          .serverMaxWindowBits == 9, "\(parameters)")
    }
    #expect(try agree("x-webkit-deflate-frame, permessage-bzip2") == nil)
    #expect(try agree("permessage-foo, permessage-deflate")?.field == answer)
  }
}
