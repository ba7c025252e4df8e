// The rows of service tokens, the audit log, the erasure of people and the numbers of the server.

extension Operations {
  static let records = erasure + serviceTokens + audit + numbers + salesRecord

  private static let erasure = [
    Operation(
      method: "DELETE", path: "/api/users/{id}", id: "eraseUser", group: .users, access: .admin,
      summary: "Erase a person",
      details: "Name, address and password are gone, the sessions end, and bookings stay under a number.",
      pathParameter: user, query: [issuer], successes: [.init(status: 204, summary: "Done, also again.")],
      refusals: [.unknownUser, .ownAccount])
  ]

  private static let serviceTokens = [
    Operation(
      method: "POST", path: "/api/service-tokens", id: "createServiceToken", group: .serviceTokens,
      access: .admin,
      summary: "Mint a token for another program",
      details: "The token is told once. It may do what its scopes name, and is no user.",
      body: .init(schema: "NewServiceToken"),
      successes: [.init(status: 201, summary: "The token.", content: .json("MintedServiceToken"))],
      refusals: [.serviceTokenLimit]),
    Operation(
      method: "GET", path: "/api/service-tokens", id: "listServiceTokens", group: .serviceTokens,
      access: .admin,
      summary: "List service tokens, without the tokens themselves",
      successes: [.init(status: 200, summary: "All that are good.", content: .json("ServiceTokenList"))]),
    Operation(
      method: "DELETE", path: "/api/service-tokens/{id}", id: "revokeServiceToken", group: .serviceTokens,
      access: .admin, summary: "Revoke a service token",
      pathParameter: .init("id", #"{"type":"integer","minimum":1}"#, "The token's number."),
      successes: [.init(status: 204, summary: "It is refused from now on.")], refusals: [.unknownServiceToken]
    ),
  ]

  private static let audit = [
    Operation(
      method: "GET", path: "/api/audit", id: "readAudit", group: .server, access: .admin,
      summary: "Read who did what from where", details: "Newest first.",
      query: [limit, cursor, search("the action, the user, the address, the object or the detail")],
      successes: [list(of: "entries", "AuditPage")]),
    Operation(
      method: "GET", path: "/api/audit/export", id: "exportAudit", group: .server, access: .admin,
      summary: "Export who did what from where", details: "In pages that Link connects, newest first.",
      query: [
        .init("format", #"{"enum":["jsonl","csv"],"default":"jsonl"}"#, "JSON lines, or CSV (RFC 4180)."),
        .init(
          "limit", #"{"type":"integer","minimum":1,"maximum":1000,"default":1000}"#,
          "How many entries at most."),
        cursor,
      ],
      successes: [
        .init(
          status: 200, summary: "Entries.", content: .texts(["application/jsonl", "text/csv"]),
          fields: ["Link"])
      ]),
  ]

  private static let numbers = [
    Operation(
      method: "GET", path: "/api/server/stats", id: "getServerStats", group: .server, access: .admin,
      summary: "Read the numbers of this moment",
      details: "Totals only grow while the server runs; histograms count since its start.",
      successes: [.init(status: 200, summary: "The numbers.", content: .json("ServerStats"))],
      refusals: [.notFound]),
    Operation(
      method: "GET", path: "/api/cluster", id: "getCluster", group: .server, access: .admin,
      summary: "Read which nodes there are, and how they are",
      details:
        "The list is that of the last second. A server by itself is a cluster of one node that leads, over SQLite and without a bus.",
      successes: [.init(status: 200, summary: "The nodes.", content: .json("Cluster"))],
      refusals: [.notFound]),
    Operation(
      method: "GET", path: "/debug/fanout/{id}", id: "inspectFanout", group: .server, access: .admin,
      summary: "Look at how each loop broadcasts an event",
      details: "Loops are asked, and those that do not answer within half a second are told as not answered.",
      pathParameter: .init("id", Schemas.eventID, "The event."),
      successes: [.init(status: 200, summary: "What each loop has.", content: .json("Fanout"))],
      refusals: [.unknownEvent, .notFound]),
  ]

  private static let salesRecord = [
    Operation(
      method: "GET", path: "/api/record/head", id: "getRecordHead", group: .server, access: .anyone,
      summary: "Read the newest signed head of the record of sales",
      details:
        "A signed note: how many entries the record has, and the last link of their chain. Whoever keeps it can prove later that none of them was changed.",
      successes: [.init(status: 200, summary: "The head.", content: .text("text/plain"))],
      refusals: [.notFound]),
    Operation(
      method: "GET", path: "/api/record/key", id: "getRecordKey", group: .server, access: .anyone,
      summary: "Read the public key that signs the record's heads", details: "Ed25519, as PEM.",
      successes: [.init(status: 200, summary: "The key.", content: .text("text/plain"))],
      refusals: [.notFound]),
  ]
}
