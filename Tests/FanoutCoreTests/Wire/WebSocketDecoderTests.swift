import Testing

@testable import FanoutCore

@Suite("WebSocket decoder")
struct WebSocketDecoderTests {
  private func failure(_ input: [UInt8], maximumMessage: Int = 1 << 20, acceptsBinary: Bool = true)
    -> CloseCode?
  {
    let all = messages(in: input, maximumMessage: maximumMessage, acceptsBinary: acceptsBinary).outcomes
    guard case .failure(let code, _) = all.last else { return nil }
    return code
  }

  private func events(_ input: [UInt8]) -> [WebSocketEvent] {
    messages(in: input).outcomes.compactMap {
      if case .event(let event) = $0 { event } else { nil }
    }
  }

  @Test("At every byte a new decoder can go on, from the bytes that stand for what came")
  func equivalent() {
    var random = SeededGenerator(seed: 5)
    let input =
      ClientFrame.bytes(1, bytes("text"))
      + ClientFrame.bytes(1, bytes("two "), fin: false) + ClientFrame.bytes(9, bytes("between"))
      + ClientFrame.bytes(0, bytes("h\u{e4}lves")) + ClientFrame.bytes(2, [], fin: false)
      + ClientFrame.bytes(0, random.bytes(300)) + ClientFrame.bytes(2, random.bytes(70_000))
      + ClientFrame.bytes(1, random.bytes(40), fin: false, reserved: 4) + ClientFrame.bytes(9, [])
      + ClientFrame.bytes(0, random.bytes(30)) + ClientFrame.bytes(8, [0x03, 0xE8])
    var reader = WebSocketDecoder(maximumMessage: 1 << 20, acceptsBinary: true, acceptsDeflated: true)
    let whole = take(input, &reader)
    let indices = Array(0..<500) + stride(from: 500, to: input.count, by: 997) + [input.count - 1]
    for index in indices {
      var (first, second) = (
        WebSocketDecoder(maximumMessage: 1 << 20, acceptsBinary: true, acceptsDeflated: true),
        WebSocketDecoder(maximumMessage: 1 << 20, acceptsBinary: true, acceptsDeflated: true)
      )
      var outcomes = take(Array(input.prefix(index)), &first)
      #expect(take(first.equivalent, &second).isEmpty, "nothing is said twice")
      #expect(second.isIdle == first.isIdle)
      outcomes += take(Array(input.dropFirst(index)), &second)
      #expect(outcomes == whole)
    }
    #expect(whole.count == 8)
  }

  private func take(_ input: [UInt8], _ decoder: inout WebSocketDecoder) -> [WebSocketEvent] {
    var (events, start): ([WebSocketEvent], Int) = ([], 0)
    while start < input.count,
      case .event(let event, let consumed) = decoder.decode(input.span.extracting(start..<input.count))
    {
      events.append(event)
      start += consumed
    }
    return events
  }

  @Test("Each kind of frame becomes its event")
  func kinds() {
    let input =
      ClientFrame.bytes(1, bytes("text")) + ClientFrame.bytes(2, [0xFF]) + ClientFrame.bytes(9, [1])
      + ClientFrame.bytes(10, []) + ClientFrame.bytes(8, [0x03, 0xE8] + bytes("bye"))
    #expect(
      events(input) == [
        .text(bytes("text")), .binary([0xFF]), .ping([1]), .pong([]), .close(.normal, reason: bytes("bye")),
      ])
  }

  @Test(
    "Payloads of every length form arrive whole",
    arguments: [0, 1, 125, 126, 127, 128, 65_535, 65_536, 100_000])
  func lengths(count: Int) {
    var generator = SeededGenerator(seed: UInt64(count))
    let payload = generator.bytes(count)
    #expect(events(ClientFrame.bytes(2, payload)) == [.binary(payload)])
  }

  @Test("Fragments are joined, with control frames in between delivered at once")
  func fragments() {
    let input =
      ClientFrame.bytes(1, bytes("a"), fin: false) + ClientFrame.bytes(9, bytes("p"))
      + ClientFrame.bytes(0, [], fin: false) + ClientFrame.bytes(10, bytes("q"))
      + ClientFrame.bytes(0, bytes("b")) + ClientFrame.bytes(2, [7])
    #expect(events(input) == [.ping(bytes("p")), .pong(bytes("q")), .text(bytes("ab")), .binary([7])])
  }

  @Test("A character may be cut by fragments")
  func characterAcrossFragments() {
    let smile = bytes("😀")
    let input =
      ClientFrame.bytes(1, [smile[0]], fin: false) + ClientFrame.bytes(0, Array(smile[1...2]), fin: false)
      + ClientFrame.bytes(0, [smile[3]])
    #expect(events(input) == [.text(smile)])
  }

  @Test("What breaks the framing is 1002")
  func protocolErrors() {
    let unmasked: [UInt8] = [0x81, 0x01, 0x61]
    let cases: [[UInt8]] = [
      unmasked,
      ClientFrame.bytes(1, bytes("a"), reserved: 1), ClientFrame.bytes(1, bytes("a"), reserved: 2),
      ClientFrame.bytes(1, bytes("a"), reserved: 4), ClientFrame.bytes(9, [], reserved: 4),
      ClientFrame.bytes(3, []), ClientFrame.bytes(7, []), ClientFrame.bytes(11, []),
      ClientFrame.bytes(15, []),
      ClientFrame.bytes(9, [], fin: false), ClientFrame.bytes(8, [], fin: false),
      ClientFrame.bytes(9, [UInt8](repeating: 0, count: 126)),
      ClientFrame.bytes(9, [1], lengthBits: 16), ClientFrame.bytes(8, [], lengthBits: 64),
      ClientFrame.bytes(1, bytes("a"), lengthBits: 16), ClientFrame.bytes(1, bytes("a"), lengthBits: 64),
      ClientFrame.bytes(2, [UInt8](repeating: 0, count: 65_535), lengthBits: 64),
      [0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 1],
      ClientFrame.bytes(0, bytes("a")), ClientFrame.bytes(0, [], fin: false),
      ClientFrame.bytes(1, [], fin: false) + ClientFrame.bytes(1, []),
      ClientFrame.bytes(1, [], fin: false) + ClientFrame.bytes(2, []),
      ClientFrame.bytes(1, bytes("a")) + ClientFrame.bytes(0, bytes("b")),
    ]
    for input in cases { #expect(failure(input) == .protocolError, "\(input.prefix(14))") }
  }

  @Test("A binary message is 1003 where binary is not accepted, known from its first byte")
  func binaryRefused() {
    #expect(failure([0x82], acceptsBinary: false) == .unsupportedData)
    #expect(failure(ClientFrame.bytes(1, bytes("a")), acceptsBinary: false) == nil)
  }

  @Test("A message over the limit is 1009, known from the header, over all fragments")
  func tooBig() {
    let ten = bytes("0123456789")
    #expect(failure(ClientFrame.bytes(1, ten), maximumMessage: 10) == nil)
    let header = Array(ClientFrame.bytes(1, ten + [0x61]).prefix(6))
    #expect(failure(header, maximumMessage: 10) == .messageTooBig)
    let first = ClientFrame.bytes(1, ten, fin: false)
    #expect(failure(first + ClientFrame.bytes(9, ten) + ClientFrame.bytes(0, []), maximumMessage: 10) == nil)
    #expect(failure(first + ClientFrame.bytes(0, [0x61]).prefix(6), maximumMessage: 10) == .messageTooBig)
    let huge: [UInt8] = [0x81, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4]
    #expect(failure(huge) == .messageTooBig)
    #expect(
      failure(ClientFrame.bytes(1, [0x61], fin: false) + huge.dropFirst(0).map { $0 }) == .protocolError)
    #expect(failure(ClientFrame.bytes(1, [0x61], fin: false) + [0x80] + huge.dropFirst()) == .messageTooBig)
  }

  @Test("A text that is not UTF-8 is 1007 at its first wrong byte")
  func invalidText() {
    let long = bytes("fine ") + [0xED, 0xA0] + [UInt8](repeating: 0x61, count: 1000)
    #expect(failure(ClientFrame.bytes(1, long)) == .invalidPayload)
    // The seven bytes up to the surrogate are enough, although the frame promises a thousand more.
    #expect(failure(Array(ClientFrame.bytes(1, long).prefix(8 + 7))) == .invalidPayload)
    #expect(failure(Array(ClientFrame.bytes(1, long).prefix(8 + 6))) == nil)
    let fragments = ClientFrame.bytes(1, [0xC3], fin: false) + ClientFrame.bytes(0, [0x28], fin: false)
    #expect(failure(fragments) == .invalidPayload)
    #expect(failure(ClientFrame.bytes(1, [0xE2, 0x82])) == .invalidPayload)
    #expect(failure(ClientFrame.bytes(1, [0xE2, 0x82], fin: false)) == nil)
    #expect(failure(ClientFrame.bytes(2, [0xE2, 0x82])) == nil)
  }

  @Test("A text after a failed one's fragments starts afresh")
  func validatorReset() {
    let input =
      ClientFrame.bytes(1, bytes("é")) + ClientFrame.bytes(2, [0xC3]) + ClientFrame.bytes(1, bytes("é"))
    #expect(events(input).count == 3)
  }

  @Test("A close frame may be empty or carry an allowed code and a UTF-8 reason")
  func closes() {
    func close(_ code: Int, _ reason: [UInt8] = []) -> [UInt8] {
      ClientFrame.bytes(8, ClientFrame.bigEndian(code, 2) + reason)
    }
    #expect(events(ClientFrame.bytes(8, [])) == [.close(nil, reason: [])])
    #expect(events(close(4999, bytes("é"))) == [.close(CloseCode(4999), reason: bytes("é"))])
    #expect(events(close(1001, [UInt8](repeating: 0x61, count: 123))).count == 1)
    #expect(failure(ClientFrame.bytes(8, [0x03])) == .protocolError)
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535] {
      #expect(failure(close(code)) == .protocolError, "\(code)")
    }
    #expect(failure(close(1000, [0xFF])) == .invalidPayload)
    #expect(failure(close(1000, [0xE2, 0x82])) == .invalidPayload)
  }

  @Test("After a failure every call says the same")
  func staysFailed() {
    var decoder = WebSocketDecoder(maximumMessage: 10, acceptsBinary: true)
    let first = decoder.decode(all: [0x83])
    guard case .failure(.protocolError, _) = first else {
      Issue.record("\(first)")
      return
    }
    #expect(decoder.decode(all: ClientFrame.bytes(1, [])) == first)
    #expect(decoder.decode(all: []) == first)
  }

  @Test("It is idle exactly between messages")
  func idle() {
    #expect(messages(in: ClientFrame.bytes(1, bytes("a"))).decoder.isIdle)
    #expect(!messages(in: ClientFrame.bytes(1, bytes("a"), fin: false)).decoder.isIdle)
    #expect(!messages(in: [0x81]).decoder.isIdle)
    let inside = ClientFrame.bytes(1, bytes("a"), fin: false) + ClientFrame.bytes(9, [])
    #expect(!messages(in: inside).decoder.isIdle, "a ping does not end a message")
  }

  @Test("consumed points behind the frame that ended the event")
  func consumed() {
    var decoder = WebSocketDecoder(maximumMessage: 10, acceptsBinary: true)
    let frame = ClientFrame.bytes(1, bytes("abc"))
    #expect(decoder.decode(all: (frame + [0x81])) == .event(.text(bytes("abc")), consumed: frame.count))
  }

  @Test("An idle subscriber's decoder is two words")
  func size() {
    #expect(MemoryLayout<WebSocketDecoder>.size <= 16)
    #expect(MemoryLayout<HTTPRequestParser>.size <= 24)
  }

  @Test("A message of 16 MiB in pieces of 64 KiB arrives whole")
  func sixteenMebibytes() {
    let count = 16 << 20
    var decoder = WebSocketDecoder(maximumMessage: count, acceptsBinary: true)
    let header: [UInt8] = [0x82, 0xFF] + ClientFrame.bigEndian(count, 8) + [0, 0, 0, 0]
    #expect(decoder.decode(all: header) == .needsMore)
    let piece = [UInt8](repeating: 0x5A, count: 64 * 1024)
    for _ in 1..<count / piece.count { _ = decoder.decode(all: piece) }
    guard case .event(.binary(let message), let consumed) = decoder.decode(all: piece) else {
      Issue.record("no message")
      return
    }
    #expect(consumed == piece.count && message.count == count)
    #expect(message.first == 0x5A && message.last == 0x5A)
  }

  @Test("Any conversation cut at any place yields the same events", arguments: 0..<60)
  func conversation(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var (input, expected) = randomConversation(&generator)
    #expect(messages(in: input).outcomes == expected)
    #expect(messages(in: input, cut: .everyByte).outcomes == expected)
    let cut = Cut(lengths: (0..<30).map { _ in Int(generator.next() % 40) } + [13])
    #expect(messages(in: input, cut: cut).outcomes == expected)
    // Damaged somewhere it may mean anything, but the same in pieces.
    input[Int(generator.next() % UInt64(input.count))] ^= UInt8(1) << UInt8(generator.next() % 8)
    #expect(messages(in: input, cut: cut).outcomes == messages(in: input).outcomes)
  }

  @Test("A short conversation is cut at each of its bytes")
  func everyCut() {
    let input =
      ClientFrame.bytes(1, bytes("né"), fin: false) + ClientFrame.bytes(9, bytes("p"))
      + ClientFrame.bytes(0, bytes("😀!")) + ClientFrame.bytes(2, [UInt8](repeating: 9, count: 130))
      + ClientFrame.bytes(8, [0x03, 0xE9]) + ClientFrame.bytes(1, [0xFF])
    let whole = messages(in: input).outcomes
    #expect(whole.count == 5)
    for index in 0...input.count { #expect(messages(in: input, cut: .at(index)).outcomes == whole) }
  }

  /// Messages in random fragments with pings in between, and what must come out of them.
  private func randomConversation(
    _ generator: inout SeededGenerator
  ) -> (input: [UInt8], expected: [WebSocketOutcome]) {
    var (input, expected): ([UInt8], [WebSocketOutcome]) = ([], [])
    func frame(_ opcode: UInt8, _ payload: [UInt8], fin: Bool) {
      input += ClientFrame.bytes(opcode, payload, fin: fin, mask: generator.bytes(4))
    }
    for _ in 0...generator.next() % 6 {
      let isText = generator.next() % 2 == 0
      let count = Int(generator.next() % (generator.next() % 4 == 0 ? 700 : 20))
      let payload =
        isText
        ? (0..<count).flatMap { _ in bytes(["a", "é", "€", "😀"][Int(generator.next() % 4)]) }
        : generator.bytes(count)
      var cuts = (0..<generator.next() % 4).map { _ in Int(generator.next() % UInt64(payload.count + 1)) }
      cuts = [0] + cuts.sorted() + [payload.count]
      for (index, (start, end)) in zip(cuts, cuts.dropFirst()).enumerated() {
        frame(index > 0 ? 0 : isText ? 1 : 2, Array(payload[start..<end]), fin: index == cuts.count - 2)
        if index < cuts.count - 2, generator.next() % 3 == 0 {
          let ping = generator.bytes(Int(generator.next() % 126))
          frame(9, ping, fin: true)
          expected.append(.event(.ping(ping)))
        }
      }
      expected.append(.event(isText ? .text(payload) : .binary(payload)))
    }
    return (input, expected)
  }
}
