// A reader of text/event-stream (WHATWG HTML, section 9.2), chunked or until the connection closes.

/// One dispatched event of a stream.
public struct StreamedEvent: Sendable, Equatable {
  public var id: String?
  public var name: String?
  public var data: String
}

/// An open event stream. One thread at a time.
public final class EventStreamClient: @unchecked Sendable {
  public let answer: HTTPAnswer
  private let socket: Socket
  private let chunked: Bool
  private var raw: [UInt8]
  private var text: [UInt8] = []

  /// Asks for the stream; `answer` tells how the server answered, and unless it is 200 nothing follows.
  public init(
    port: Int, path: String, token: String?, lastEventID: String? = nil, patience: Duration = usualPatience
  ) throws {
    let client = HTTPClient(port: port, token: token, patience: patience)
    var head = "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nAccept: text/event-stream\r\n"
    if let token { head += "Authorization: Bearer \(token)\r\n" }
    if let lastEventID { head += "Last-Event-ID: \(lastEventID)\r\n" }
    try client.send(raw: Array((head + "\r\n").utf8))
    answer = try client.readHead()
    chunked = answer.field("Transfer-Encoding")?.lowercased() == "chunked"
    (socket, raw) = try client.detach()
  }

  /// The next event; comments are passed over. Throws when the stream ends.
  public func next(within patience: Duration = usualPatience) throws -> StreamedEvent {
    while true {
      if let event = try takeEvent() {
        // Whoever looks at messages is shown these, too; `end` has words for people.
        if event.name != "end", let message = try? JSON(parsing: event.data) {
          WebSocketClient.inspector.withLock { $0 }?.look(message)
        }
        return event
      }
      let more = try socket.receive(within: patience)
      if more.isEmpty { throw TestFailure("the event stream has ended") }
      raw += more
    }
  }

  public func close() { socket.close() }

  private func takeEvent() throws -> StreamedEvent? {
    try unwrapChunks()
    while let end = text.indices.dropFirst().first(where: { text[$0] == 0x0a && text[$0 - 1] == 0x0a }) {
      let block = String(decoding: text[..<end], as: UTF8.self)
      text.removeFirst(end + 1)
      if let event = parse(block) { return event }
    }
    return nil
  }

  private func parse(_ block: String) -> StreamedEvent? {
    var event = StreamedEvent(data: "")
    var lines: [Substring] = []
    for line in block.split(separator: "\n") where !line.hasPrefix(":") {
      let name = line.prefix { $0 != ":" }
      var value = line.dropFirst(name.count + 1)
      if value.hasPrefix(" ") { value = value.dropFirst() }
      switch name {
      case "id": event.id = String(value)
      case "event": event.name = String(value)
      case "data": lines.append(value)
      default: break
      }
    }
    event.data = lines.joined(separator: "\n")
    return lines.isEmpty ? nil : event
  }

  private func unwrapChunks() throws {
    guard chunked else {
      text += raw
      raw = []
      return
    }
    while let end = raw.firstIndex(of: 0x0a) {
      let line = String(decoding: raw[..<end].filter { $0 != 0x0d }, as: UTF8.self)
      guard let size = Int(line, radix: 16) else { throw TestFailure("no chunk size: \(line)") }
      guard raw.count >= end + 1 + size + 2 else { return }
      text += raw[(end + 1)..<(end + 1 + size)]
      raw.removeFirst(end + 1 + size + 2)
      if size == 0 { throw TestFailure("the event stream has ended") }
    }
  }
}
