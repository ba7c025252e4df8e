import Testing

@testable import FanoutCore

/// What an action amounts to, comparable.
private enum Said: Equatable {
  case none, goOn, pause
  case request(String, body: String)
  case fail(Int)

  init(_ action: HTTPExchange.Action) {
    self =
      switch action {
      case .none: .none
      case .sendContinue: .goOn
      case .pauseReading: .pause
      case .request(let request):
        .request(request.head.target, body: String(decoding: request.body, as: UTF8.self))
      case .fail(let failure): .fail(failure.status)
      }
  }
}

@Suite struct HTTPExchangeTests {
  private let exchange = HTTPExchange(limits: Limits())

  private func take(_ text: String) -> Said { Said(exchange.take(Array(text.utf8).span)) }
  private func get(_ path: String, _ fields: String = "") -> String {
    "GET \(path) HTTP/1.1\r\nHost: here\r\n\(fields)\r\n"
  }

  @Test("a request is given out once and is being answered from then on")
  func oneRequest() {
    #expect(exchange.isIdle)
    #expect(take(get("/a")) == .request("/a", body: ""))
    #expect(exchange.answering == 1)
    #expect(!exchange.isIdle)
    #expect(Said(exchange.resume()) == .none)
    exchange.answered()
    #expect(exchange.isIdle)
    #expect(take(get("/b")) == .request("/b", body: ""))
    #expect(exchange.answering == 2)
  }

  @Test("a request may come byte by byte")
  func everyByte() {
    let bytes = Array(get("/slow").utf8)
    for byte in bytes.dropLast() {
      #expect(Said(exchange.take([byte].span)) == .none)
      #expect(!exchange.isIdle)
    }
    #expect(Said(exchange.take([bytes[bytes.count - 1]].span)) == .request("/slow", body: ""))
  }

  @Test("pipelined requests are given out in order, each after the one before was answered")
  func pipelining() {
    #expect(take(get("/1") + get("/2") + get("/3")) == .request("/1", body: ""))
    #expect(Said(exchange.resume()) == .none)
    exchange.answered()
    #expect(!exchange.isIdle)
    #expect(Said(exchange.resume()) == .request("/2", body: ""))
    exchange.answered()
    #expect(Said(exchange.resume()) == .request("/3", body: ""))
    exchange.answered()
    #expect(Said(exchange.resume()) == .none)
    #expect(exchange.isIdle)
  }

  @Test("pipelined requests come out in order, however the input is cut and however late they are answered")
  func pipeliningAtEverySplit() {
    let paths = (1...5).map { "/\($0)" }
    let bytes = Array(
      (paths.map { get($0) }.joined() + "POST /6 HTTP/1.1\r\nHost: here\r\n"
        + "Content-Length: 3\r\n\r\nabcrest").utf8)
    for size in 1...bytes.count {
      for answersAtOnce in [true, false] {
        let exchange = HTTPExchange(limits: Limits())
        var said: [Said] = []
        func take(_ first: HTTPExchange.Action) {
          var action = Said(first)
          while case .request = action {
            said.append(action)
            guard answersAtOnce, said.count < 6 else { return }
            exchange.answered()
            action = Said(exchange.resume())
          }
        }
        for start in stride(from: 0, to: bytes.count, by: size) {
          take(exchange.take(bytes.span.extracting(start..<min(start + size, bytes.count))))
        }
        while !answersAtOnce, said.count < 6 {
          exchange.answered()
          take(exchange.resume())
        }
        #expect(said == paths.map { .request($0, body: "") } + [.request("/6", body: "abc")], "\(size)")
        #expect(exchange.takeRest() == Array("rest".utf8), "\(size)")
      }
    }
  }

  @Test("a piece that comes behind waiting input is read behind it")
  func orderOfInput() {
    let second = get("/2")
    #expect(take(get("/1") + String(second.prefix(9))) == .request("/1", body: ""))
    #expect(take(String(second.dropFirst(9).prefix(3))) == .none)
    exchange.answered()
    #expect(take(String(second.dropFirst(12))) == .request("/2", body: ""))
  }

  @Test("reading pauses when more than the limit was sent ahead")
  func readAheadLimit() {
    var limits = Limits()
    limits.readAheadBytes = 100
    let exchange = HTTPExchange(limits: limits)
    _ = exchange.take(Array(get("/1").utf8).span)
    let piece = [UInt8](repeating: 0, count: 50)
    #expect(Said(exchange.take(piece.span)) == .none)
    #expect(Said(exchange.take(piece.span)) == .none)
    #expect(Said(exchange.take(piece.span)) == .pause)
  }

  @Test("100 Continue is asked for once, before the body")
  func goesOn() {
    let head = "POST /x HTTP/1.1\r\nHost: here\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"
    #expect(take(head) == .goOn)
    #expect(exchange.isInBody)
    #expect(Said(exchange.resume()) == .none)
    #expect(take("ab") == .none)
    #expect(take("cd") == .request("/x", body: "abcd"))
    #expect(!exchange.isInBody)
  }

  @Test("a body that comes with the head that expects 100 Continue is not lost")
  func goesOnWithBody() {
    let head = "POST /x HTTP/1.1\r\nHost: here\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"
    #expect(take(head + "abcd") == .goOn)
    #expect(Said(exchange.resume()) == .request("/x", body: "abcd"))
  }

  @Test("a body without anything in it needs no 100 Continue")
  func emptyBody() {
    let head = "POST /x HTTP/1.1\r\nHost: here\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n"
    var said = take(head)
    if said == .goOn { said = Said(exchange.resume()) }
    #expect(said == .request("/x", body: ""))
  }

  @Test("what is behind an upgrade belongs to the next protocol")
  func rest() {
    #expect(take(get("/ws") + "frames") == .request("/ws", body: ""))
    #expect(exchange.takeRest() == Array("frames".utf8))
    #expect(exchange.takeRest().isEmpty)
  }

  @Test("the answer's shape follows the request")
  func context() {
    _ = take("HEAD / HTTP/1.1\r\nHost: here\r\n\r\n")
    #expect(exchange.context == ResponseContext(isHead: true, keepsAlive: true, minorVersion: 1))
    exchange.answered()
    _ = take("GET / HTTP/1.0\r\n\r\n")
    #expect(exchange.context == ResponseContext(isHead: false, keepsAlive: false, minorVersion: 0))
    exchange.answered()
    _ = take(get("/", "Connection: close\r\n"))
    #expect(exchange.context == ResponseContext(isHead: false, keepsAlive: false, minorVersion: 1))
  }

  @Test("what breaks the grammar fails, also behind a good request")
  func failure() {
    #expect(take(get("/1") + "not http\r\n\r\n") == .request("/1", body: ""))
    exchange.answered()
    #expect(Said(exchange.resume()) == .fail(400))
  }
}
