// Records that OpenSSL's client would never send, forged with its keys: what ends a connection, and with which alert
// (RFC 8446 sections 4.6.3, 5.1, 5.4 and 6), in both record layers.
import CUVShim
import Glibc
import Testing

@Suite struct TLSHostileTests {
  private static let (alert, handshake, data): (UInt8, UInt8, UInt8) = (21, 22, 23)
  /// Records in a row without application data that are accepted.
  private static let useless = 32

  struct Attack: CustomTestStringConvertible {
    let testDescription: String
    let records: [(type: UInt8, content: [UInt8])]
    /// OpenSSL's words at the client; of the compact layer, and of OpenSSL where it sees it in another way.
    let alert: String
    var openSSL: String?
  }

  private static let attacks = [
    Attack(
      testDescription: "a KeyUpdate with the value 2", records: [(handshake, [24, 0, 0, 1, 2])],
      alert: "sslv3 alert illegal parameter"),
    Attack(
      testDescription: "a KeyUpdate of two bytes", records: [(handshake, [24, 0, 0, 2, 0, 0])],
      alert: "tlsv1 alert decode error", openSSL: "sslv3 alert illegal parameter"),
    Attack(
      testDescription: "an empty KeyUpdate", records: [(handshake, [24, 0, 0, 0])],
      alert: "tlsv1 alert decode error"),
    Attack(
      testDescription: "a KeyUpdate with something behind it in its record",
      records: [(handshake, [24, 0, 0, 1, 0, 24])], alert: "sslv3 alert unexpected message"),
    Attack(
      testDescription: "data between the parts of a KeyUpdate",
      records: [(handshake, [24, 0]), (data, [1])], alert: "sslv3 alert unexpected message"),
    Attack(
      testDescription: "an empty handshake record", records: [(handshake, [])],
      alert: "sslv3 alert unexpected message"),
    Attack(
      testDescription: "another ClientHello", records: [(handshake, [1, 0, 0, 0])],
      alert: "sslv3 alert unexpected message"),
    Attack(
      testDescription: "a Finished", records: [(handshake, [20, 0, 0, 32])],
      alert: "sslv3 alert unexpected message"),
    Attack(
      testDescription: "an empty alert", records: [(alert, [])], alert: "sslv3 alert unexpected message"),
    Attack(
      testDescription: "half an alert", records: [(alert, [1])], alert: "tlsv1 alert decode error",
      openSSL: "sslv3 alert unexpected message"),
    Attack(
      testDescription: "two alerts in a record", records: [(alert, [1, 90, 1, 90])],
      alert: "tlsv1 alert decode error", openSSL: "sslv3 alert unexpected message"),
    Attack(
      testDescription: "an encrypted change of cipher", records: [(20, [1])],
      alert: "sslv3 alert unexpected message"),
    Attack(testDescription: "an unknown type", records: [(99, [1])], alert: "sslv3 alert unexpected message"),
    Attack(testDescription: "only padding", records: [(0, [0, 0])], alert: "sslv3 alert unexpected message"),
  ]

  @Test(
    "what a client must not send ends the connection with the RFC's alert", arguments: RecordLayer.allCases,
    attacks)
  func attacked(layer: RecordLayer, attack: Attack) throws {
    let scene = try TLSScene(layer)
    let (server, client) = try scene.shake(TLSOptions(version: 13))
    for (number, record) in attack.records.enumerated() {
      client.forge(UInt64(1 + number), type: record.type, record.content)
    }
    scene.run { server.end != nil && client.failure != nil }
    #expect(server.end == -Int(EPROTO))
    #expect(server.received.isEmpty)
    #expect(client.failure == (layer == .compact ? attack.alert : attack.openSSL ?? attack.alert))
    #expect(server.send("x") == -Int(EPROTO))
  }

  @Test("a KeyUpdate may be cut into records at every byte", arguments: RecordLayer.allCases, 1...4)
  func cutKeyUpdate(layer: RecordLayer, cut: Int) throws {
    let scene = try TLSScene(layer)
    let (server, client) = try scene.shake(TLSOptions(version: 13))
    let update: [UInt8] = [24, 0, 0, 1, 1]
    client.forge(1, type: Self.handshake, Array(update.prefix(cut)))
    client.forge(2, type: Self.handshake, Array(update.dropFirst(cut)))
    scene.run(turns: 5)
    #expect(server.end == nil)
    #expect(server.send("tell") == 4)
    scene.run { client.text == "tell" }
    #expect(client.keyUpdates == 1, "it asked for ours")
    client.forge(3, type: Self.data, [1])  // by the old key
    scene.run { server.end != nil && client.failure != nil }
    #expect(client.failure == "sslv3 alert bad record mac")
  }

  @Test("a client's error ends the connection without an answer", arguments: RecordLayer.allCases)
  func fatalAlert(layer: RecordLayer) throws {
    let scene = try TLSScene(layer)
    let (server, client) = try scene.shake(TLSOptions(version: 13))
    client.forge(1, type: Self.alert, [2, 40])
    scene.run { server.end != nil }
    #expect(server.end == -Int(EPROTO))
    scene.run(turns: 5)
    #expect(client.failure == nil)
  }

  enum Useless: CaseIterable { case emptyData, cancellations, keyUpdates }

  @Test(
    "32 records in a row that carry nothing are accepted, again and again, and one more ends the connection",
    arguments: RecordLayer.allCases, Useless.allCases)
  func flood(layer: RecordLayer, kind: Useless) throws {
    let scene = try TLSScene(layer)
    let (server, client) = try scene.shake(TLSOptions(version: 13))
    var sequence: UInt64 = 1
    func send(_ count: Int) {
      for _ in 0..<count {
        switch kind {
        case .emptyData: client.forge(sequence, type: Self.data, [])
        case .cancellations: client.forge(sequence, type: Self.alert, [1, 90])
        case .keyUpdates: client.updateKeysNow()
        }
        sequence += 1
      }
    }
    // OpenSSL itself takes four warnings in a row.
    let accepted = layer == .openSSL && kind == .cancellations ? 4 : Self.useless
    for round in 1...3 {
      send(accepted)
      if kind == .keyUpdates { client.send("x") } else { client.forge(sequence, type: Self.data, [0x78]) }
      sequence += 1
      scene.run { server.received.count == round || server.end != nil }
    }
    #expect(server.text == "xxx")
    #expect(server.end == nil)
    send(accepted + 1)
    scene.run { server.end != nil }
    #expect(server.end == -Int(EPROTO))
  }

  @Test("a renegotiation is refused, and the connection goes on")
  func renegotiation() throws {
    let scene = try TLSScene(.openSSL)
    let (server, client) = try scene.shake(TLSOptions(version: 12))
    client.renegotiate()
    scene.run { client.failure != nil || client.isOver }
    #expect(client.failure == "no renegotiation")
    #expect(server.end == nil)
    #expect(server.send("x") == 1)
  }

  @Test(
    "a peer that asks for new keys and does not read them piles up nothing", arguments: RecordLayer.allCases)
  func unreadUpdates(layer: RecordLayer) throws {
    let scene = try TLSScene(layer)
    let (server, client) = try scene.shake(TLSOptions(version: 13))
    shrinkBuffers(of: server.connection.descriptor)
    client.reads = false
    while server.send([UInt8](repeating: 1, count: 300_000)) > 0 {}
    let before = server.waiting.count
    for round in 1...200 where server.end == nil {
      client.updateKeys(alsoPeers: true)
      client.send("x")
      scene.run { server.received.count == round || server.end != nil }
    }
    // OpenSSL answers each at once; the compact layer with its next bytes.
    #expect(server.end == (layer == .openSSL ? -Int(ECONNABORTED) : nil))
    #expect(server.waiting.count <= before + 33 * 27)
  }
}
