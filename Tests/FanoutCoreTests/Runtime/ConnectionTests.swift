import Testing

@testable import FanoutCore

@Suite struct ConnectionTests {
  @Test("an outbox keeps what was not taken, in order, and gives its memory back")
  func outbox() {
    var outbox = Outbox()
    #expect(outbox.isEmpty)
    outbox.append(Array("abc".utf8).span)
    outbox.append(Array("def".utf8).span)
    #expect(outbox.count == 6)
    outbox.took(4)
    #expect(outbox.count == 2)
    #expect(Array(outbox.bytes[outbox.sent...]) == Array("ef".utf8))
    outbox.append(Array("g".utf8).span)
    #expect(outbox.count == 3)
    outbox.took(3)
    #expect(outbox.isEmpty)
    #expect(outbox.bytes.capacity == 0)
  }

  @Test("a connection and a subscription have the size that the memory of a million is reckoned with")
  func sizes() {
    #expect(MemoryLayout<Connection?>.stride <= 96)
    #expect(MemoryLayout<Subscription?>.stride <= 24)
  }

  @Test("an event stream speaks its own dialect, everything else that of WebSocket")
  func dialect() {
    let exchange = HTTPExchange(limits: Limits())
    var connection = Connection(
      descriptor: 3, generation: 1, peer: PeerAddress(ipv4: 1), phase: .http(exchange))
    #expect(connection.dialect == .webSocket)
    for (compression, dialect) in [
      (Compression.none, Dialect.webSocket), (.standalone, .standalone), (.shared, .standalone),
    ] {
      connection.phase = .webSocket(
        Connection.WebSocket(
          client: ClientTag(id: 1), endsAt: .max, liveness: Liveness(now: 0, interval: 1, salt: 0),
          credential: .none, session: WebSocketSession(limits: Limits(), compression: compression)))
      #expect(connection.dialect == dialect)
      #expect(connection.keepsWindow == (compression == .shared))
    }
    connection.phase = .eventStream(
      Connection.EventStream(
        client: ClientTag(id: 1), endsAt: .max, liveness: Liveness(now: 0, interval: 1, salt: 0),
        credential: .none))
    #expect(connection.dialect == .eventStream)
  }

  @Test("input is taken in every phase but those after the last answer")
  func takesInput() {
    var connection = Connection(
      descriptor: 3, generation: 1, peer: PeerAddress(ipv4: 1), phase: .opening(until: 1, isReserved: false))
    #expect(connection.takesInput)
    connection.phase = .flushing(isReserved: false)
    #expect(!connection.takesInput)
    connection.phase = .lingering(until: 1)
    #expect(!connection.takesInput)
  }

  @Test("a reserved descriptor is known as one until our direction has ended")
  func isReserved() {
    for isReserved in [false, true] {
      var connection = Connection(
        descriptor: 3, generation: 1, peer: PeerAddress(ipv4: 1),
        phase: .opening(until: 1, isReserved: isReserved))
      #expect(connection.isReserved == isReserved)
      connection.phase = .http(HTTPExchange(limits: Limits(), isReserved: isReserved))
      #expect(connection.isReserved == isReserved)
      connection.phase = .flushing(isReserved: isReserved)
      #expect(connection.isReserved == isReserved)
    }
  }
}
