import Testing

@testable import FanoutCore

@Suite("Client addresses")
struct ClientAddressTests {
  private let proxies = TrustedProxies(["10.0.0.0/8", "fd00::/8"].compactMap(AddressRange.init))
  private let proxy = PeerAddress(ipv4: 0x0A00_0001)

  /// Whom the proxy 10.0.0.1 speaks for with these field lines; nil: for nobody who is named.
  private func client(_ lines: String..., peer: PeerAddress? = nil) throws -> String? {
    let head = try #require(
      request((["GET / HTTP/1.1", "Host: a"] + lines).joined(separator: "\r\n") + "\r\n\r\n")
    ).head
    let client = proxies.client(of: head, from: peer ?? proxy)
    if !client.isNamed { #expect(client.address == proxy) }
    return client.isNamed ? client.address.description : nil
  }

  @Test("The rightmost address that is no trusted proxy is the client")
  func rightmost() throws {
    #expect(try client("X-Forwarded-For: 192.0.2.1") == "192.0.2.1")
    #expect(try client("X-Forwarded-For: 198.51.100.7, 192.0.2.1") == "192.0.2.1")
    #expect(try client("X-Forwarded-For: 198.51.100.7, 192.0.2.1, 10.9.9.9,10.1.1.1") == "192.0.2.1")
    #expect(try client("X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 10.2.2.2") == "192.0.2.1")
    #expect(
      try client("X-Forwarded-For: 192.0.2.1, 198.51.100.7", "x-forwarded-for: 10.2.2.2") == "198.51.100.7")
    #expect(try client("X-Forwarded-For: , 192.0.2.1 ,,") == "192.0.2.1")
    #expect(try client("X-Forwarded-For: 2001:db8::7") == "2001:db8::7")
    #expect(try client("X-Forwarded-For: [2001:db8::7]:4711") == "2001:db8::7")
    #expect(try client("X-Forwarded-For: 192.0.2.1:4711, fd00::5") == "192.0.2.1")
  }

  @Test("The standard field names it in the parameter for")
  func standard() throws {
    #expect(try client("Forwarded: for=192.0.2.1") == "192.0.2.1")
    #expect(
      try client("Forwarded: For=\"[2001:db8:cafe::17]:4711\";proto=https;by=10.0.0.1") == "2001:db8:cafe::17"
    )
    #expect(try client("Forwarded: proto=https ; for=192.0.2.1:80;host=a") == "192.0.2.1")
    #expect(try client("Forwarded: for=198.51.100.7, for=192.0.2.1, for=10.0.0.2") == "192.0.2.1")
    #expect(try client("Forwarded: for=192.0.2.1", "Forwarded: for=\"10.0.0.2\"") == "192.0.2.1")
    #expect(try client("Forwarded: for=\"192.0.2.1:_port\"") == "192.0.2.1")
  }

  @Test("Who speaks for nobody else speaks for itself")
  func itself() throws {
    #expect(try client() == "10.0.0.1")
    #expect(try client("X-Forwarded-For: ") == "10.0.0.1")
    #expect(try client("X-Forwarded-For: 10.3.3.3, 10.4.4.4") == "10.3.3.3")
  }

  @Test(
    "Entries that are malformed or hide the address name nobody",
    arguments: [
      "X-Forwarded-For: unknown", "X-Forwarded-For: 192.0.2.1, nonsense", "X-Forwarded-For: 192.0.2.256",
      "X-Forwarded-For: 192.0.2.1:port", "X-Forwarded-For: 192.0.2.1:123456", "X-Forwarded-For: [192.0.2.1]",
      "X-Forwarded-For: [2001:db8::1", "X-Forwarded-For: 2001:db8::1]", "X-Forwarded-For: \"192.0.2.1\"",
      "X-Forwarded-For: 192.0.2.1 198.51.100.7", "X-Forwarded-For: 192.0.2.1, nonsense, 10.1.1.1",
      "Forwarded: for=unknown", "Forwarded: for=_hidden", "Forwarded: proto=https", "Forwarded: 192.0.2.1",
      "Forwarded: for=\"192.0.2.1", "Forwarded: for=192.0.2.1\"", "Forwarded: for=192.0.2.1;for=192.0.2.2",
      "Forwarded: for=\"192.0.2.1\\\"\"", "Forwarded: for=[2001:db8::1]x", "Forwarded: for=",
    ])
  func malformed(line: String) throws {
    #expect(try client(line) == nil)
  }

  @Test("Two fields count only when they say the same")
  func twoFields() throws {
    #expect(try client("Forwarded: for=192.0.2.1", "X-Forwarded-For: 192.0.2.1") == "192.0.2.1")
    #expect(try client("Forwarded: for=6.6.6.6", "X-Forwarded-For: 192.0.2.1") == nil)
    #expect(try client("Forwarded: for=192.0.2.1", "X-Forwarded-For: 6.6.6.6") == nil)
    #expect(try client("Forwarded: for=\"", "X-Forwarded-For: 192.0.2.1") == nil)
  }

  @Test("A chain of more trusted proxies than anybody has names nobody")
  func longChain() throws {
    let chain = (1...40).map { "10.0.1.\($0)" }.joined(separator: ",")
    #expect(try client("X-Forwarded-For: 192.0.2.1,\(chain)") == nil)
  }

  @Test("An untrusted peer is itself whatever it says")
  func untrusted() throws {
    let peer = PeerAddress(ipv4: 0xC000_0201)
    #expect(try client("X-Forwarded-For: 10.0.0.9", "Forwarded: for=6.6.6.6", peer: peer) == "192.0.2.1")
    let head = try #require(requestHead("X-Forwarded-For: 6.6.6.6"))
    #expect(TrustedProxies().client(of: head, from: proxy).address == proxy)
  }

  /// The property that limits stand on. What the client sends is random, made of the pieces that matter.
  @Test("A client never chooses its address, whichever field its proxy appends to", arguments: 0..<200)
  func property(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    let pieces = [
      "for=", "For=", "6.6.6.6", "10.0.0.2", "\"", "\\", ",", ";", " ", "[::6]", ":80", "by=", "unknown",
      "_x", "=", "\t",
    ]
    for _ in 0..<50 {
      let lie = (0..<Int.random(in: 0...8, using: &random)).map { _ in
        pieces.randomElement(using: &random) ?? ""
      }.joined()
      let (name, entry) =
        Bool.random(using: &random) ? ("Forwarded", "for=192.0.2.1") : ("X-Forwarded-For", "192.0.2.1")
      let other = name == "Forwarded" ? "X-Forwarded-For" : "Forwarded"
      let lines =
        switch Int.random(in: 0..<3, using: &random) {
        case 0: ["\(name): \(lie), \(entry)"]
        case 1: ["\(name): \(lie)", "\(name): \(entry)"]
        default: ["\(other): \(lie)", "\(name): \(entry)"]
        }
      let text = (["GET / HTTP/1.1", "Host: a"] + lines).joined(separator: "\r\n") + "\r\n\r\n"
      let client = proxies.client(of: try #require(request(text)).head, from: proxy)
      #expect(client.address.description == "192.0.2.1" || !client.isNamed, "\(lines)")
    }
  }

  @Test("Unnamed clients have a budget apart from their proxy's own requests")
  func keys() {
    let named = Client(address: proxy), unnamed = Client(address: proxy, isNamed: false)
    #expect(named.limitKey == proxy.limitKey && named.limitKey != unnamed.limitKey)
  }
}
