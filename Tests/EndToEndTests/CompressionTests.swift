// permessage-deflate between a real server and clients that others wrote: Python's websockets, Node's ws and Chromium, where
// they are installed, and always zlib itself. Each opens connections in turn while seats are sold, asks for private
// answers in between, watches a second event now and then, and must read every notice.
import TestSupport
import Testing

private let hasPython = (try? run("python3", ["-c", "import websockets.sync.client"]).status) == .exited(0)
private let hasNode = (try? run("node", ["-e", "require('ws')"]).status) == .exited(0)

@Suite("Compression", .timeLimit(.minutes(30)))
struct CompressionTests {
  private static let offer = "permessage-deflate; client_max_window_bits"
  private static let seats = 1_000
  private static let sold = 120
  private static let viewers = 8

  /// Sells one seat after the other until `sold` are.
  private func sell(_ server: TestServer, _ event: Int, isOver: () throws -> Bool = { false }) throws {
    let buyer = server.person(1)
    for _ in 0..<Self.sold {
      try buyer.book(event)
      pause(milliseconds: 12)
    }
    try eventually("the clients have read everything") { try isOver() }
  }

  /// What one connection of a foreign client has read of the event, as it tells in a line of JSON.
  private func check(_ viewer: JSON) throws {
    #expect(viewer["extensions"]?.string?.hasPrefix("permessage-deflate") == true, "\(viewer.text)")
    let seqs = viewer["seqs"]?.array?.compactMap(\.integer) ?? []
    let counts = viewer["counts"]?.array?.compactMap(\.integer) ?? []
    let first = try viewer.number("greeting") + 1
    #expect(first > Self.sold ? seqs.isEmpty : seqs == Array(first...Self.sold), "\(viewer.text)")
    #expect(counts == seqs.map { Self.seats - $0 })
    #expect(try viewer.number("pongs") == seqs.count { $0 % 5 == 0 })
  }

  private func follow(_ program: String, _ arguments: [String]) throws {
    let server = try TestServer()
    let (event, other) = (try server.event(seats: Self.seats), try server.event(seats: 5))
    let url = "ws://127.0.0.1:\(server.port)/ws/events/\(event)?token=\(server.mint.token(user: 7))"
    let client = try ChildProcess(
      program, arguments + [url, "\(Self.sold)", "\(Self.viewers)", "\(other)"])
    try sell(server, event) { client.poll() != nil }
    try client.waitForOutput()
    let lines = client.standardOutput.split(separator: "\n")
    #expect(lines.count == Self.viewers, "\(client.standardOutput) \(client.standardError)")
    for line in lines { try check(try JSON(parsing: String(line))) }
    #expect(try server.metric("seatcast_compression_saved_bytes_total") > 0)
  }

  private static let python = #"""
    import json, sys, threading, time
    from websockets.sync.client import connect
    url, sold, viewers, other = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    lock = threading.Lock()
    def view(number):
      time.sleep(0.12 * number)
      seen = {"seqs": [], "counts": [], "pongs": 0}
      with connect(url) as ws:
        seen["extensions"] = ws.response.headers.get("Sec-WebSocket-Extensions", "")
        event = None
        due = 0
        while True:
          message = json.loads(ws.recv(timeout=60))
          kind = message["type"]
          if kind == "connection_established":
            event, seen["greeting"] = message["eventId"], message["seq"]
          elif kind == "pong":
            seen["pongs"] += 1
          elif kind == "booking_created" and message["eventId"] == event:
            seen["seqs"].append(message["seq"])
            seen["counts"].append(message["availableSeats"])
            if message["seq"] % 5 == 0:
              due += 1
              ws.send(json.dumps({"type": "ping", "padding": "p" * message["seq"]}))
            if number % 2 and message["seq"] % 20 == 3:
              ws.send(json.dumps({"type": "subscribe_event", "eventId": other}))
            if number % 2 and message["seq"] % 20 == 13:
              ws.send(json.dumps({"type": "unsubscribe_event", "eventId": other}))
          last = seen["seqs"][-1] if seen["seqs"] else seen["greeting"]
          if last >= sold and seen["pongs"] == due:
            break
      with lock:
        print(json.dumps(seen), flush=True)
    threads = [threading.Thread(target=view, args=(n,)) for n in range(viewers)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    """#

  @Test(
    "Python's websockets reads every notice",
    .enabled(if: hasPython, "no websockets for python3 (pip install websockets)"))
  func pythonWebSockets() throws { try follow("python3", ["-c", Self.python]) }

  private static let node = #"""
    const WebSocket = require('ws')
    const [url, sold, viewers, other] = [process.argv[1], ...process.argv.slice(2).map(Number)]
    function view(number) {
      const seen = { seqs: [], counts: [], pongs: 0 }
      const ws = new WebSocket(url)
      let event = null
      let due = 0
      const say = (message) => ws.send(JSON.stringify(message))
      ws.on('open', () => { seen.extensions = ws.extensions })
      ws.on('error', (error) => console.error(String(error)))
      ws.on('message', (data) => {
        const message = JSON.parse(data)
        if (message.type === 'connection_established') [event, seen.greeting] = [message.eventId, message.seq]
        else if (message.type === 'pong') seen.pongs += 1
        else if (message.type === 'booking_created' && message.eventId === event) {
          const { seq, availableSeats } = message
          seen.seqs.push(seq)
          seen.counts.push(availableSeats)
          if (seq % 5 === 0) { due += 1; say({ type: 'ping', padding: 'p'.repeat(1100 + seq) }) }
          if (number % 2 && seq % 20 === 3) say({ type: 'subscribe_event', eventId: other })
          if (number % 2 && seq % 20 === 13) say({ type: 'unsubscribe_event', eventId: other })
        }
        if ((seen.seqs.at(-1) ?? seen.greeting) >= sold && seen.pongs === due) {
          console.log(JSON.stringify(seen))
          ws.terminate()
        }
      })
    }
    for (let number = 0; number < viewers; number += 1) setTimeout(() => view(number), 120 * number)
    """#

  @Test("Node's ws reads every notice", .enabled(if: hasNode, "no ws for node (Debian package node-ws)"))
  func nodeWS() throws { try follow("node", ["-e", Self.node]) }

  /// The same in a page; a browser says what was agreed on in `extensions`.
  private static let page = #"""
    (() => {
      window.lines = []
      const view = (url, number, sold) => {
        const seen = { seqs: [], counts: [], pongs: 0 }
        const ws = new WebSocket(url)
        let [due, isOver] = [0, false]
        ws.onopen = () => { seen.extensions = ws.extensions }
        ws.onmessage = ({ data }) => {
          const message = JSON.parse(data)
          if (message.type === 'connection_established') seen.greeting = message.seq
          else if (message.type === 'pong') seen.pongs += 1
          else if (message.type === 'booking_created') {
            seen.seqs.push(message.seq)
            seen.counts.push(message.availableSeats)
            if (message.seq % 5 === 0) { due += 1; ws.send(JSON.stringify({ type: 'ping', padding: 'p'.repeat(300) })) }
          }
          if (!isOver && (seen.seqs.at(-1) ?? seen.greeting) >= sold && seen.pongs === due) {
            isOver = true
            window.lines.push(seen)
          }
        }
      }
      window.view = view
    })()
    """#

  @Test("Chromium reads every notice", .enabled(if: Chromium.program != nil, "no chromium on PATH"))
  func chromium() throws {
    let server = try TestServer()
    let event = try server.event(seats: Self.seats)
    let browser = try Chromium()
    let page = try browser.openPage("http://127.0.0.1:\(server.port)/")
    try page.wait("the page is there", until: "document.readyState === 'complete' && location.port")
    _ = try page.evaluate(Self.page)
    let url = "ws://127.0.0.1:\(server.port)/ws/events/\(event)?token=\(server.mint.token(user: 7))"
    for number in 0..<Self.viewers {
      _ = try page.evaluate(
        "setTimeout(() => view('\(url)', \(number), \(Self.sold)), \(120 * number)) && null")
    }
    try sell(server, event) { try page.evaluate("window.lines.length") == .integer(Self.viewers) }
    for line in try page.evaluate("window.lines").array ?? [] { try check(line) }
  }

  @Test("zlib's own inflater reads every notice, whatever it offers, over joins, skips and resumes")
  func zlib() throws {
    let server = try TestServer()
    let event = try server.event(seats: Self.seats)
    let token = server.mint.token(user: 7)
    let offers = [
      Self.offer, "permessage-deflate; server_no_context_takeover",
      "permessage-deflate; server_max_window_bits=9",
      "x, permessage-deflate; unknown, permessage-deflate; server_max_window_bits=12",
    ]
    let buyer = server.person(1)
    var sockets: [(socket: WebSocketClient, seq: Int)] = []
    for round in 0..<12 {
      let socket = try WebSocketClient(
        port: server.port, path: "/ws/events/\(event)", token: token, extensions: offers[round % offers.count]
      )
      let greeting = try socket.expect("connection_established")
      sockets.append((socket, try greeting.number("seq")))
      for _ in 0..<3 { try buyer.book(event) }
      for index in sockets.indices {
        for _ in 0..<3 {
          let notice = try sockets[index].socket.expect("booking_created")
          sockets[index].seq += 1
          #expect(try notice.number("seq") == sockets[index].seq)
          #expect(try notice.number("availableSeats") == Self.seats - sockets[index].seq)
        }
        try sockets[index].socket.send(json: ["type": "ping"])
        _ = try sockets[index].socket.expect("pong")
      }
    }
    for (socket, seq) in sockets {
      #expect(socket.deflated > 0 && seq == 36)
      #expect(socket.answer.field("Sec-WebSocket-Extensions")?.hasPrefix("permessage-deflate") == true)
    }
    // Counters are published once per tick, and an end is noticed a moment later.
    try eventually("twelve are open") { try server.metric("seatcast_compressed_open") == 12 }
    for (socket, _) in sockets { socket.drop() }
  }

  @Test("what a client compresses is understood, and a bomb closes with 1009")
  func inbound() throws {
    let server = try TestServer()
    let socket = try WebSocketClient(
      port: server.port, path: "/ws", token: server.mint.token(user: 7), extensions: Self.offer)
    _ = try socket.expect("connection_established")
    let peer = try #require(socket.peer)
    func send(_ text: String) throws {
      var frame = ClientFrame(opcode: 1, payload: peer.deflate(Array(text.utf8)))
      frame.reserved = 4
      try socket.send(frame)
    }
    try send(#"{"type":"ping"}"#)
    _ = try socket.expect("pong")
    try send(#"{"type":"ping","padding":""# + String(repeating: "x", count: 100_000) + #""}"#)
    #expect(try socket.expectClose().code == 1009)
  }

  @Test("--compression off agrees to nothing, and a field that is no list of extensions is 400")
  func off() throws {
    var options = ServerOptions()
    options.arguments = ["--compression", "off"]
    let server = try TestServer(options)
    let token = server.mint.token(user: 7)
    let socket = try WebSocketClient(port: server.port, path: "/ws", token: token, extensions: Self.offer)
    #expect(socket.answer.field("Sec-WebSocket-Extensions") == nil)
    #expect(socket.peer == nil)
    _ = try socket.expect("connection_established")
    #expect(throws: HandshakeRefused.self) {
      try WebSocketClient(port: server.port, path: "/ws", token: token, extensions: "permessage-deflate; =")
    }
  }
}
