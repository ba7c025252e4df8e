// What several nodes over one database do together: everything that one node does, whichever node is asked.
import Glibc
import TestSupport
import Testing

@Suite("A cluster", .needsCluster, .timeLimit(.minutes(30)))
struct ClusterTests {
  @Test(
    "a viewer on each node hears the same of bookings made on every node, in one order",
    arguments: [true, false])
  func broadcast(hasBus: Bool) throws {
    let cluster = try Cluster(ClusterOptions(hasBus: hasBus))
    let event = try cluster.nodes[0].event(seats: 50)
    let sockets = try cluster.nodes.map { node in
      let (socket, greeting) = try node.watch(event)
      #expect(try greeting.number("availableSeats") == 50)
      return socket
    }
    for number in 0..<12 { try cluster.nodes[number % 3].person(number % 3 + 1).book(event) }
    let heard = try sockets.map { socket in
      try (1...12).map { seq in
        guard case .text(let text) = try socket.next() else { throw TestFailure("no text") }
        let notice = try JSON(parsing: text)
        #expect(try notice.number("seq") == seq)
        #expect(try notice.number("availableSeats") == 50 - seq)
        return text
      }
    }
    #expect(heard[1] == heard[0] && heard[2] == heard[0])
  }

  @Test(
    "what one node has answered, every other one knows: bookings, keys, cancellations, changes of the event")
  func reads() throws {
    let cluster = try Cluster()
    let (a, b, c) = (cluster.nodes[0], cluster.nodes[1], cluster.nodes[2])
    let event = try a.event(seats: 5)
    let booking = try a.person(1).book(event, quantity: 2, key: "once").word("bookingId")
    let again = try b.person(1).tryToBook(event, quantity: 2, key: "once")
    #expect(again.status == 201 && again.field("Idempotency-Replayed") == "true")
    #expect(try again.json().word("bookingId") == booking)
    #expect(try c.person(1).get("/api/bookings/\(booking)").json().number("quantity") == 2)
    #expect(try c.person(2).get("/api/events/\(event)").json().number("availableSeats") == 3)
    #expect(try c.person(1).cancel(booking).word("status") == "cancelled")
    #expect(try b.person(2).get("/api/events/\(event)").json().number("availableSeats") == 5)
    let change = try b.admin().request("PATCH", "/api/events/\(event)", json: ["seatCapacity": 1])
    #expect(change.status == 200)
    #expect(try a.person(2).tryToBook(event, quantity: 2).problem() == "sold-out")
    try a.person(2).book(event)
    #expect(try c.person(3).tryToBook(event).problem() == "sold-out")
  }

  @Test("a subscriber whose node was killed goes on at another one, with exactly what it missed")
  func resume() throws {
    let cluster = try Cluster()
    let event = try cluster.nodes[0].event(seats: 100)
    let (socket, greeting) = try cluster.nodes[0].watch(event)
    let epoch = try greeting.word("epoch")
    for seq in 1...5 {
      try cluster.nodes[seq % 3].person(1).book(event)
      #expect(try socket.expect("booking_created").number("seq") == seq)
    }
    try cluster.nodes[0].server.kill9()
    for _ in 6...9 { try cluster.nodes[2].person(1).book(event) }
    let (next, resumed) = try cluster.nodes[1].watch(event, query: "?since=5&epoch=\(epoch)")
    #expect(try resumed.word("epoch") == epoch)
    #expect(resumed["recovered"]?.bool == true)
    for seq in 6...9 { #expect(try next.expect("booking_created").number("seq") == seq) }
    try cluster.nodes[0].server.restart()
    try cluster.nodes[0].person(1).book(event)
    #expect(try next.expect("booking_created").number("seq") == 10)
  }

  @Test("a hold ends in time when the node that made it and the one that leads are dead")
  func expiry() throws {
    let cluster = try Cluster()
    let event = try cluster.nodes[0].event(seats: 3, ["holdSeconds": 3])
    let leader = try cluster.leader()
    let maker = (leader + 1) % 3
    let rest = cluster.nodes[(leader + 2) % 3]
    let (socket, _) = try rest.watch(event)
    let held = try cluster.nodes[maker].person(1).request(
      "POST", "/api/bookings", json: ["eventId": .integer(event), "quantity": 3, "hold": true])
    #expect(held.status == 201)
    #expect(try socket.nextJSON().number("availableSeats") == 0)
    try cluster.nodes[leader].server.kill9()
    try cluster.nodes[maker].server.kill9()
    #expect(try socket.nextJSON(within: .seconds(40)).number("availableSeats") == 3)
    try rest.person(2).book(event, quantity: 3)
  }

  @Test("who is logged out at one node is logged out of every node, and connections there end")
  func logout() throws {
    let cluster = try Cluster()
    let token = cluster.nodes[0].mint.token(user: 5)
    let event = try cluster.nodes[0].event(seats: 3)
    let (socket, _) = try cluster.nodes[1].watch(event, user: 5)
    #expect(try cluster.nodes[0].admin().request("POST", "/api/users/5/logout").status == 204)
    #expect(try socket.expectClose() == (4001, "logged out"))
    try eventually("node 3 refuses the token") {
      try cluster.nodes[2].server.client(token: token).get("/api/bookings").status == 401
    }
  }

  @Test("an event that nobody watches elsewhere costs no message, and one that somebody watches costs some")
  func interest() throws {
    let cluster = try Cluster()
    let nats = try #require(cluster.nats)
    let event = try cluster.nodes[0].event(seats: 100)
    let (alone, _) = try cluster.nodes[0].watch(event)
    func messages() throws -> Int { try nats.page("/varz").number("in_msgs") }
    // Until nothing of the start is under way.
    var before = -1
    try eventually("no messages") {
      defer { pause(milliseconds: 300) }
      let now = try messages()
      defer { before = now }
      return now == before
    }
    for _ in 1...20 { try cluster.nodes[0].person(1).book(event) }
    for _ in 1...20 { _ = try alone.expect("booking_created") }
    #expect(try messages() == before)
    let (other, greeting) = try cluster.nodes[1].watch(event)
    #expect(try greeting.number("seq") == 20)
    try eventually("messages of what is watched elsewhere") {
      try cluster.nodes[0].person(1).book(event)
      return try messages() > before
    }
    #expect(try other.expect("booking_created").number("seq") == 21)
  }

  @Test("the record of what all nodes sold is exported from their database, and verifies")
  func record() throws {
    let cluster = try Cluster()
    let event = try cluster.nodes[0].event(seats: 20)
    for number in 0..<6 { try cluster.nodes[number % 3].person(number + 1).book(event) }
    let (folder, binary) = (try TemporaryFolder(), try ServerProcess.executable())
    let store = cluster.postgres.url(database: "shop", as: "shop", at: "127.0.0.1", port: cluster.postgres.port)
    var tries = 0
    // The node that leads signs now and then.
    try eventually(within: .seconds(60), "a head covers every sale") {
      tries += 1
      let file = "\(folder.path)/record-\(tries)"
      let export = try run(binary, ["record", "export", "--store", store, "--out", file, "--json"])
      guard export.status == .exited(0), try JSON(parsing: export.output).number("entries") >= 7 else { return false }
      let verdict = try run(binary, ["verify", "--record", file])
      #expect(verdict.status == .exited(0), "\(verdict.output) \(verdict.error)")
      return true
    }
  }

  @Test("how many watch is told over all nodes, and without those of a node that died")
  func viewers() throws {
    let cluster = try Cluster(ClusterOptions(arguments: ["--viewer-counts", "on"]))
    let event = try cluster.nodes[0].event(seats: 5)
    let sockets = try [0, 0, 1, 2, 2, 2].enumerated().map { user, node in
      try cluster.nodes[node].watch(event, user: user + 1).0
    }
    func hear(_ viewers: Int, _ socket: WebSocketClient) throws {
      try eventually(within: .seconds(40), "\(viewers) viewers are told") {
        guard let message = try? socket.nextJSON(within: .milliseconds(500)) else { return false }
        return message["type"]?.string == "viewers" && message["viewers"]?.integer == viewers
      }
    }
    for socket in sockets { try hear(6, socket) }
    sockets[1].drop()
    for socket in [sockets[0], sockets[2], sockets[5]] { try hear(5, socket) }
    try cluster.nodes[2].server.kill9()
    for socket in [sockets[0], sockets[2]] { try hear(2, socket) }
  }

  @Test("every node is listed at every node, and only administrators are told")
  func nodes() throws {
    let cluster = try Cluster(ClusterOptions(hasBus: false))
    try eventually("all nodes are listed by each") {
      try cluster.nodes.allSatisfy { node in
        let list = try node.admin().get("/api/cluster").json()
        return try (list["nodes"]?.array ?? []).map { try $0.word("name") }.sorted()
          == ["node-1", "node-2", "node-3"]
      }
    }
    let leader = try cluster.nodes[1].admin().get("/api/cluster").json().word("leader")
    #expect(leader == "node-\(try cluster.leader() + 1)")
    #expect(try cluster.nodes[0].person(1).get("/api/cluster").status == 403)
    #expect(try HTTPClient(port: cluster.nodes[0].port).get("/api/cluster").status == 401)
  }

  @Test(
    "without NATS nodes say so, sell on, and tell each other by the database; when it is back, they say that")
  func busIsLost() throws {
    let cluster = try Cluster(ClusterOptions(nodes: 2))
    let nats = try #require(cluster.nats)
    let event = try cluster.nodes[0].event(seats: 10)
    let (socket, _) = try cluster.nodes[1].watch(event)
    let admin = try cluster.nodes[0].admin()
    func bus(is state: String) throws {
      try eventually("the bus is \(state)") {
        try admin.get("/api/cluster").json()["bus"]?.string == state
      }
    }
    try bus(is: "connected")
    try nats.kill9()
    try bus(is: "disconnected")
    let lost = try cluster.nodes[0].readiness()
    #expect(lost.status == 200 && lost.text != "ready\n", "\(lost.text)")
    try cluster.nodes[0].person(1).book(event)
    #expect(try socket.expect("booking_created").number("seq") == 1)
    try nats.start()
    try bus(is: "connected")
    #expect(try cluster.nodes[0].readiness() == (200, "ready\n"))
    try cluster.nodes[0].person(1).book(event)
    #expect(try socket.expect("booking_created").number("seq") == 2)
  }

  @Test("NATS with a password, and with TLS", arguments: [NATSServer.Access.password, .tls])
  func access(access: NATSServer.Access) throws {
    let cluster = try Cluster(ClusterOptions(nodes: 2, access: access))
    let event = try cluster.nodes[0].event(seats: 10)
    let (socket, _) = try cluster.nodes[1].watch(event)
    let nats = try #require(cluster.nats)
    try eventually("a message passes") {
      try cluster.nodes[0].person(1).book(event)
      return try nats.page("/varz").number("out_msgs") > 0
    }
    #expect(try socket.expect("booking_created").number("seq") == 1)
  }

  @Test("behind haproxy one node after the other is started anew, and nobody is refused", .needsHAProxy)
  func rollingUpgrade() throws {
    var options = ClusterOptions()
    options.arguments = ["--drain-delay", "3s", "--trusted-proxies", "127.0.0.1"]
    let cluster = try Cluster(options)
    // haproxy goes on to the ports that it knows.
    let balancer = try LoadBalancer(servers: cluster.nodes.map(\.port))
    let event = try cluster.nodes[0].event(seats: 10_000)
    let (stop, token) = (Guarded(false), cluster.nodes[0].mint.token(user: 1))
    let booker = try BackgroundThread {
      var answers: [Int: Int] = [:]
      while !stop.withLock({ $0 }) {
        let client = HTTPClient(port: balancer.port, token: token)
        answers[try client.tryToBook(event).status, default: 0] += 1
      }
      return answers
    }
    for node in cluster.nodes {
      #expect(try node.server.terminate() == .exited(0))
      try node.server.restart(samePort: true)
      // haproxy looks every second.
      pause(milliseconds: 3_000)
    }
    stop.withLock { $0 = true }
    let answers = try booker.join()
    #expect(answers.keys.sorted() == [201], "\(answers)")
    let left = try cluster.nodes[1].person(2).get("/api/events/\(event)").json().number("availableSeats")
    #expect(left == 10_000 - (answers[201] ?? 0))
  }
}
