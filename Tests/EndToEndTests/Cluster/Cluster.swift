// Several nodes of the real server over a PostgreSQL and a NATS of their own, as docs/guides/CLUSTER.md sets them up.
import TestSupport
import Testing

/// How the nodes of a test reach their servers, and what each is told besides.
struct ClusterOptions {
  var nodes = 3
  var hasBus = true
  var access = NATSServer.Access.open
  /// Each node gets cables of its own to PostgreSQL and NATS.
  var hasCables = false
  /// Where PostgreSQL and NATS run, with a link for each node; nil: beside the nodes.
  var host: OtherHost?
  var arguments: [String] = []
  /// Of one node, counted from 0, on top.
  var environment: @Sendable (Int) -> [String: String] = { _ in [:] }
}

/// Nodes are counted from 0 and named `node-1`, `node-2`, …. Any thread.
final class Cluster: Sendable {
  let postgres: PostgresServer
  /// nil: nodes have the database's wake-up alone.
  let nats: NATSServer?
  let nodes: [TestServer]
  /// By node; empty without cables.
  let cables: [(database: Cable, bus: Cable?)]

  init(_ options: ClusterOptions = ClusterOptions()) throws {
    let (address, wrapper) = options.host.map { ("0.0.0.0", $0.wrapper) } ?? ("127.0.0.1", [])
    let postgres = try PostgresServer(
      settings: ["fsync=off", "full_page_writes=off"], address: address, wrapper: wrapper)
    // What a node needs, and nothing more.
    try postgres.query("CREATE ROLE shop LOGIN", in: "postgres")
    try postgres.query("CREATE DATABASE shop OWNER shop", in: "postgres")
    let nats = options.hasBus ? try NATSServer(options.access, address: address, wrapper: wrapper) : nil
    let cables = try (0..<(options.hasCables ? options.nodes : 0)).map { _ in
      (database: try Cable(to: postgres.port), bus: try nats.map { try Cable(to: $0.port) })
    }
    (self.postgres, self.nats, self.cables) = (postgres, nats, cables)
    var recordKey: [UInt8]?
    nodes = try (0..<options.nodes).map { number in
      let cable = cables.isEmpty ? nil : cables[number]
      let place = options.host?.address(of: number) ?? "127.0.0.1"
      var each = ServerOptions()
      each.arguments =
        [
          "--node", "node-\(number + 1)",
          "--store",
          postgres.url(
            database: "shop", as: "shop", at: place, port: cable?.database.port ?? postgres.port),
        ] + options.arguments
      if let nats {
        each.arguments += ["--bus", nats.url(at: place, port: cable?.bus?.port ?? nats.port)]
        if case .tls = options.access { each.arguments += ["--bus-ca", NATSServer.certificate] }
      }
      each.environment = options.environment(number)
      let folder = try TemporaryFolder()
      // Whoever leads signs the record, and all do so with one key.
      if let recordKey { try put(recordKey, at: folder.path + "/record-key") }
      let node = try TestServer(each, folder: folder)
      if recordKey == nil {
        try eventually("the first node has made the record's key") {
          recordKey = contents(of: folder.path + "/record-key")
          return recordKey != nil
        }
      }
      return node
    }
  }

  /// The node that does for all what the clock does, by its session's advisory lock.
  func leader() throws -> Int {
    var found: Int?
    try eventually("a node leads") {
      let names = try postgres.query(
        """
        SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE locktype = 'advisory' AND granted
          AND (classid::bigint << 32) | objid::bigint = hashtextextended('seatcast leader public', 0)
        """, in: "shop")
      found = names.first.flatMap { $0.last?.wholeNumberValue }.map { $0 - 1 }
      return found != nil
    }
    guard let found else { throw TestFailure("no node leads") }
    return found
  }

  /// Waits until every node is ready.
  func awaitReady() throws {
    for node in nodes {
      try eventually(
        within: .seconds(60), "a node is ready: \(node.server.process.standardError.suffix(600))"
      ) {
        (try? HTTPClient(port: node.port, patience: .seconds(2)).get("/readyz").status) == 200
      }
    }
  }
}

extension TestServer {
  /// What `/readyz` answers now.
  func readiness() throws -> (status: Int, text: String) {
    let answer = try HTTPClient(port: port).get("/readyz")
    return (answer.status, answer.text)
  }
}
