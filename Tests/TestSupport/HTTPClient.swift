// A plain HTTP/1.1 client: one connection that is kept alive, one request at a time, or raw bytes.
// It opens a new connection when the old one was closed; it never repeats a request by itself.

/// One user agent of one server. One thread at a time.
public final class HTTPClient: @unchecked Sendable {
  public let port: Int
  public var patience: Duration
  /// Sent with every request as `Authorization: Bearer`.
  public var token: String?
  /// Whatever must live as long as this client: the server, usually, which ends when nobody holds it.
  private let owner: (any Sendable)?
  private var socket: Socket?
  /// The address that connections come from; nil: the system chooses.
  private let source: String?
  private var unread: [UInt8] = []
  /// Told of every request that `request` sent, by method and target, and of its answer; what is set last counts.
  public static let inspector = Guarded<Inspector?>(nil)

  /// As `WebSocketClient.Inspector`.
  public struct Inspector: Sendable {
    let look: @Sendable (String, String, HTTPAnswer) -> Void
    public init(_ look: @escaping @Sendable (String, String, HTTPAnswer) -> Void) { self.look = look }
  }

  public init(
    port: Int, token: String? = nil, patience: Duration = usualPatience, owner: (any Sendable)? = nil,
    from source: String? = nil
  ) {
    self.source = source
    self.owner = owner
    self.port = port
    self.token = token
    self.patience = patience
  }

  /// Sends one request and reads its answer. The body, when given, is sent with its Content-Length.
  public func request(
    _ method: String, _ path: String, fields: [(String, String)] = [], body: [UInt8]? = nil
  ) throws -> HTTPAnswer {
    var head = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n"
    if let token { head += "Authorization: Bearer \(token)\r\n" }
    for (name, value) in fields { head += "\(name): \(value)\r\n" }
    if let body { head += "Content-Length: \(body.count)\r\n" }
    try send(raw: Array((head + "\r\n").utf8) + (body ?? []))
    let answer = try answer(toHead: method == "HEAD")
    Self.inspector.withLock { $0 }?.look(method, path, answer)
    return answer
  }

  /// Sends one request with a JSON body.
  public func request(
    _ method: String, _ path: String, json: JSON, fields: [(String, String)] = []
  ) throws -> HTTPAnswer {
    try request(
      method, path, fields: [("Content-Type", "application/json")] + fields, body: Array(json.text.utf8))
  }

  public func get(_ path: String, fields: [(String, String)] = []) throws -> HTTPAnswer {
    try request("GET", path, fields: fields)
  }

  /// Sends bytes as they are, over the open connection or a new one.
  public func send(raw bytes: [UInt8]) throws {
    do {
      try connected().send(bytes, within: patience)
    } catch {
      disconnect()
      throw error
    }
  }

  /// Reads the next answer; afterwards the connection is open or not, as the answer says.
  public func answer(toHead: Bool = false) throws -> HTTPAnswer {
    do {
      var answer = try readHead()
      while (100..<200).contains(answer.status) && answer.status != 101 { answer = try readHead() }
      if !toHead && answer.status != 204 && answer.status != 304 && answer.status != 101 {
        answer.body = try readBody(of: answer)
      }
      if answer.field("Connection")?.lowercased() == "close" { disconnect() }
      return answer
    } catch {
      disconnect()
      throw error
    }
  }

  /// Whether the server closes the connection, after whatever it still sends.
  public func serverCloses() throws -> Bool {
    guard let socket else { return true }
    do {
      while true {
        if try socket.receive(within: patience).isEmpty {
          disconnect()
          return true
        }
      }
    } catch is ConnectionLost {
      disconnect()
      return true
    } catch is Silence {
      return false
    }
  }

  public func disconnect() {
    socket?.close()
    socket = nil
    unread = []
  }

  /// Hands the connection over, with what was already read from it: for upgrades and streams.
  public func detach() throws -> (socket: Socket, unread: [UInt8]) {
    let pair = (try connected(), unread)
    socket = nil
    unread = []
    return pair
  }

  private func connected() throws -> Socket {
    if let socket { return socket }
    let fresh = try Socket(port: port, from: source, within: patience)
    socket = fresh
    return fresh
  }

  private func readMore() throws {
    let more = try connected().receive(within: patience)
    if more.isEmpty { throw TestFailure("the server closed the connection before its answer was whole") }
    unread += more
  }

  func readHead() throws -> HTTPAnswer {
    while true {
      if let end = HTTPAnswer.endOfHead(in: unread) {
        let head = Array(unread[..<(end - 4)])
        unread.removeFirst(end)
        return try HTTPAnswer(head: head)
      }
      try readMore()
    }
  }

  private func take(_ count: Int) throws -> [UInt8] {
    while unread.count < count { try readMore() }
    defer { unread.removeFirst(count) }
    return Array(unread[..<count])
  }

  private func readBody(of answer: HTTPAnswer) throws -> [UInt8] {
    if answer.field("Transfer-Encoding")?.lowercased() == "chunked" { return try readChunks() }
    if let length = answer.field("Content-Length") {
      guard let count = Int(length), count >= 0 else { throw TestFailure("Content-Length: \(length)") }
      return try take(count)
    }
    var body = unread
    unread = []
    while true {
      let more = try connected().receive(within: patience)
      if more.isEmpty { break }
      body += more
    }
    disconnect()
    return body
  }

  private func readChunks() throws -> [UInt8] {
    var body: [UInt8] = []
    while true {
      guard let size = Int(try readLine(), radix: 16) else { throw TestFailure("no chunk size") }
      let chunk = try take(size)
      guard try readLine().isEmpty else { throw TestFailure("a chunk without its end") }
      if size == 0 { return body }
      body += chunk
    }
  }

  private func readLine() throws -> String {
    while true {
      if let end = unread.firstIndex(of: 0x0a) {
        let line = unread[..<end].filter { $0 != 0x0d }
        unread.removeFirst(end + 1)
        return String(decoding: line, as: UTF8.self)
      }
      try readMore()
    }
  }
}
