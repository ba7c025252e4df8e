// The settings of the server: one row each. A new setting is a case of `Setting` and a row here; the flag, the
// variable, the key in the file, help, man page, completions and reference follow from it. Pure.

extension CommandTable {
  static let serve = CommandTable(
    name: "serve", summary: "Serve bookings and broadcast them.", flags: [config] + settings)

  static let health = CommandTable(
    name: "health", summary: "Ask a server whether it is ready. Exit status 1: it is not.",
    details: [
      "Without a URL it asks the server that 'serve' would start here with the same settings.",
      "For health checks of containers: HEALTHCHECK CMD [\"seatcast\", \"health\"].",
    ],
    operands: [Operand("URL", "Another server, like https://tickets.example.", isOptional: true)],
    flags: [config, host, port, adminListen, tlsCertificate, tlsKey])

  /// All but the name of the configuration file, in the order of their sections.
  private static let settings =
    rows(.listening, listening) + rows(.tls, tls) + rows(.data, dataRows) + rows(.cluster, cluster)
    + rows(.accounts, accounts) + rows(.accounts, tokens) + rows(.watching, watching)
    + rows(.limits, limits) + rows(.log, log) + rows(.engine, engine) + rows(.testing, testing)

  private static func rows(_ section: Section, _ flags: [Flag]) -> [Flag] {
    flags.map { flag in
      var flag = flag
      flag.section = section
      return flag
    }
  }

  static let config = Flag.text(
    .config, "FILE", summary: "Configuration file with lines 'key = value'; no file is read unless named.",
    details: ["A key is a flag without its dashes. 'seatcast config default' prints a file to begin with."])

  // MARK: Listening

  static let host = Flag.text(
    .host, "ADDRESS", summary: "Numeric address to listen on, or localhost.", fallback: "127.0.0.1")
  static let port = Flag.text(
    .port, "PORT", summary: "Port to listen on; 0 takes any free one.", fallback: "3000")
  static let loops = Flag.text(
    .loops, "N", summary: "Event loops, each with a thread and a listener of its own.",
    fallback: .words("one per usable core"), example: "4")

  static let adminListen = Flag.text(
    .adminListen, "ADDRESS:PORT",
    summary: "Another listener, without TLS, for health, /metrics, /debug/… and /api/server/….",
    details: ["The public one then answers 404 there. Not for addresses that everybody reaches."],
    example: "127.0.0.1:9464")

  private static let listening: [Flag] = [
    host, port, adminListen,
    .text(
      .trustedProxies, "LIST",
      summary: "Proxies like 10.0.0.0/8,fd00::1 whose Forwarded or X-Forwarded-For names the client.",
      example: "10.0.0.0/8, fd00::1", effect: .onReload),
  ]

  private static let tlsCertificate = Flag.text(
    .tlsCertificate, "FILE",
    summary: "PEM file of a certificate and its chain: serve https and wss. Needs --tls-key.",
    details: ["SIGHUP reads it again, and the key."], example: "/etc/seatcast/tls.pem", credential: "tls-cert"
  )
  private static let tlsKey = Flag.text(
    .tlsKey, "FILE", summary: "PEM file of the certificate's key, not encrypted.",
    example: "/etc/seatcast/tls-key.pem", credential: "tls-key")

  private static let tls: [Flag] = [
    tlsCertificate, tlsKey,
    .choice(
      .tlsRecords, ["openssl", "compact"],
      summary: "Who protects TLS records; compact: our own code, TLS 1.3 only, a tenth of the memory.",
      fallback: "openssl"),
  ]

  // MARK: Data and backups

  private static let dataRows: [Flag] = [
    .text(
      .data, "DIR", summary: "Folder of the database and the token secret; made when missing.",
      fallback: "./data"),
    .text(
      .feedKeep, "TIME", summary: "How long the feed of changes is kept, like 12h or 30d.", fallback: "30d"),
    .text(
      .addressKeep, "TIME", summary: "How long the audit log has addresses and failed log-ins, like 7d.",
      fallback: "30d"),
    .text(
      .backupDir, "DIR", summary: "Folder for backups by the clock; made when missing.",
      fallback: .words("no such backups"), example: "/var/backups/seatcast"),
    .text(
      .backupEvery, "TIME", summary: "How often, like 30m, 6h or 1d. Needs --backup-dir.", fallback: "6h"),
    .text(
      .backupKeep, "N", summary: "How many of these backups are kept. Needs --backup-dir.", fallback: "14"),
  ]

  // MARK: Cluster

  static let store = Flag.urls(
    .store, "URL", summary: "PostgreSQL database that this node shares with others.",
    details: [
      "Needs a build with the cluster and --jwt-secret-file. Command lines are public: see --store-file.",
      "sslmode and the rest of libpq's parameters can stand behind a question mark.",
    ],
    fallback: .words("SQLite in the data folder"), example: "postgres://seatcast@db.example/seatcast")
  static let storeFile = Flag.text(
    .storeFile, "FILE", summary: "File with that URL, which may have a password; instead of --store.",
    example: "/etc/seatcast/store-url", credential: "store-url")

  private static let cluster: [Flag] = [
    store, storeFile,
    .urls(
      .bus, "URLS", summary: "NATS servers by which nodes tell each other what they sell. Needs --store.",
      details: [
        "Separated by commas; nats://user:password@host:4222, or tls://. Without, nodes learn by the database."
      ],
      fallback: .words("none"), example: "nats://nats.example:4222"),
    .text(
      .busFile, "FILE", summary: "File with these URLs; instead of --bus.", example: "/etc/seatcast/bus-url",
      credential: "bus-url"),
    .text(
      .busPrefix, "WORD", summary: "First word of the subjects, so that several shops can share a server.",
      fallback: "seatcast"),
    .text(
      .busAuthorities, "FILE",
      summary: "PEM file of the authorities that the NATS servers' certificates are by.",
      fallback: .words("the system's"), example: "/etc/seatcast/nats-ca.pem"),
    .text(
      .busCredentials, "FILE",
      summary: "File of NATS credentials (JWT and nkey seed), or of an nkey seed alone.",
      example: "/etc/seatcast/nats.creds", credential: "bus-creds"),
    .text(
      .node, "NAME", summary: "This node's name among those of the database.",
      fallback: .words("host name and port"), example: "node-1"),
  ]

  // MARK: Accounts and tokens

  private static let accounts: [Flag] = [
    .choice(
      .accounts, ["local", "external"],
      summary: "local: people register and log in here; external: another system issues the tokens.",
      fallback: "local"),
    .choice(
      .registration, ["on", "off"], summary: "Whether anybody may make a local account.",
      fallback: .words("on; off with --accounts external"), effect: .onReload),
    .text(
      .adminEmail, "EMAIL", summary: "Make sure that this admin exists. Needs a password, from below.",
      example: "admin@example.org"),
    .text(
      .adminPasswordFile, "FILE",
      summary: "File with the admin's password; one line break at its end is not part of it.",
      example: "/etc/seatcast/admin-password", credential: "admin-password"),
    .secret(.adminPassword, summary: "The admin's password itself, instead of a file."),
    .text(
      .issuer, "ISSUER", summary: "The iss of the other system's tokens. Needs --accounts external.",
      example: "https://id.example.org"),
    .text(
      .audience, "AUDIENCE",
      summary: "What a token's aud must name. Once set, external tokens must have an aud.",
      fallback: .words("seatcast"), example: "seatcast"),
    .text(
      .adminClaim, "NAME=VALUE",
      summary: "Claim that makes the other system's user an admin. Needs --accounts external.",
      example: "role=admin"),
  ]

  private static let tokens: [Flag] = [
    .text(
      .jwtSecretFile, "FILE",
      summary: "Secret that signs tokens, at least 32 bytes; one line break at its end is not part of it.",
      details: ["SIGHUP reads it again, and the other files of keys."],
      fallback: .words("made once in the data folder"), example: "/etc/seatcast/jwt-secret",
      credential: "jwt-secret", effect: .onReload),
    .secret(.jwtSecret, summary: "The secret itself, instead of a file."),
    .text(
      .previousSecretFile, "FILE",
      summary: "Secret before it, whose tokens are still accepted. Needs --previous-secret-until.",
      example: "/etc/seatcast/previous-secret", credential: "previous-secret", effect: .onReload),
    .text(
      .previousSecretUntil, "TIME",
      summary: "When the previous secret's tokens end, like 2026-01-31T20:00:00Z.",
      example: "2026-01-31T20:00:00Z", effect: .onReload),
    .text(
      .jwksFile, "FILE", summary: "Public keys of the other system (JWKS), read again when it changes.",
      details: ["RS256, PS256, ES256 and EdDSA instead of a secret. Needs --accounts external."],
      example: "/etc/seatcast/jwks.json", credential: "jwks"),
  ]

  // MARK: Pages, limits, log

  private static let watching: [Flag] = [
    .text(
      .origins, "LIST",
      summary: "Origins besides our own whose pages may use this server, separated by commas.",
      details: ["For REST, event streams, WebSockets and scripts. Changes by other origins are refused."],
      example: "https://shop.example, https://www.example", effect: .onReload),
    .choice(
      .identity, ["full", "none"], summary: "Whether broadcasts tell bookingId and userId.",
      fallback: "full"),
    .choice(
      .watch, ["authenticated", "public"],
      summary: "public: whoever shows no token may watch, too, and learns counts only.",
      fallback: "authenticated"),
    .choice(
      .viewerCounts, ["on", "off"],
      summary: "Whether whoever watches an event is told how many do, at most once a second.",
      fallback: "off"),
  ]

  private static let limits: [Flag] = [
    .choice(
      .rateLimits, ["on", "off"], summary: "Rate limits; off is for tests and benchmarks.", fallback: "on"),
    .text(
      .limits, "LIST",
      summary:
        "Limits to change, separated by commas: a rate, a number, or off; 50/s:100 allows 100 at once.",
      details: LimitTable.help, example: "requests-user=40/s:80, changes=off", effect: .onReload),
  ]

  private static let log: [Flag] = [
    .choice(
      .log, ["text", "json"], summary: "Form of the log on standard error.",
      fallback: .words("text on a terminal, else json"), effect: .onReload),
    .choice(
      .logLevel, ["info", "warning", "error"], summary: "The least important lines that are written.",
      fallback: "info", effect: .onReload),
    .choice(
      .accessLog, ["off", "sampled", "on"],
      summary: "A line per answered request; sampled: one in 100, and every 5xx. Without queries and tokens.",
      fallback: "off"),
  ]

  // MARK: The rest

  private static let engine: [Flag] = [
    loops,
    .choice(
      .sender, ["auto", "send", "io_uring"],
      summary: "How broadcasts reach the kernel; auto takes io_uring where it is granted.",
      fallback: "auto"),
    .choice(
      .descriptorTables, ["shared", "private"],
      summary: "private: each loop has a descriptor table, and so a limit, of its own.",
      fallback: "shared"),
    .choice(
      .compression, ["on", "off"],
      summary: "permessage-deflate where clients offer it: one compression for all watchers of an event.",
      fallback: "on"),
    .text(
      .drainDelay, "TIME",
      summary: "How long a server that is stopped still answers while /readyz says no, like 5s.",
      fallback: "0s"),
    .text(
      .takeOver, "SOCKET",
      summary: "Go on with everything of the running server, whose data folder has this take-over.sock.",
      details: ["Nobody is disconnected. The address and the data folder must be the same; TLS reconnects."],
      fallback: .words("start by itself"), example: "/var/lib/seatcast/take-over.sock"),
  ]

  private static let testing: [Flag] = [
    .toggle(.demo, summary: "Add two events, an admin and two users, and print how to use them."),
    .choice(
      .passwordCost, ["interactive", "insecure-test"],
      summary: "Cost of password hashing; insecure-test is for tests and benchmarks.",
      fallback: "interactive"),
  ]
}
