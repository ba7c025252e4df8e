// What the command line knows, as tables: the parser, the environment and `--help` all read these rows, so a
// flag exists in one place.

/// One thing that can be set from outside; the raw value is its flag without the dashes.
enum Setting: String, Hashable, Sendable, CaseIterable {
  case host
  case port
  case data
  case loops
  case sender
  case descriptorTables = "descriptor-tables"
  case tlsCertificate = "tls-cert"
  case tlsKey = "tls-key"
  case tlsRecords = "tls-records"
  case accounts
  case registration
  case issuer
  case audience
  case adminClaim = "admin-claim"
  case jwtSecretFile = "jwt-secret-file"
  case previousSecretFile = "previous-secret-file"
  case previousSecretUntil = "previous-secret-until"
  case jwksFile = "jwks-file"
  case adminEmail = "admin-email"
  case origins
  case identity
  case watch
  case log
  case rateLimits = "rate-limits"
  case limits
  case trustedProxies = "trusted-proxies"
  case passwordCost = "password-cost"
  case feedKeep = "feed-keep"
  case addressKeep = "address-keep"
  case demo
  case backupDir = "backup-dir"
  case backupEvery = "backup-every"
  case backupKeep = "backup-keep"

  // Administration
  case json
  case name
  case seats
  case description
  case venue
  case starts
  case opens
  case closes
  case status
  case maxPerBooking = "max-per-booking"
  case maxPerUser = "max-per-user"
  case holdSeconds = "hold-seconds"
  case holdExtensionSeconds = "hold-extension-seconds"
  case to
  case by
  case after
  case limit
  case email
  case role
  case passwordFile = "password-file"
  case lifetime
  case verify
}

/// A row of a command's table.
struct Flag: Sendable {
  /// What may follow the flag.
  enum Value: Sendable, Equatable {
    /// Nothing: naming the flag is all.
    case none
    /// Free text, shown in the help as this word.
    case text(String)
    /// One of these words.
    case choice([String])
  }

  let setting: Setting
  let value: Value
  /// The environment variable that sets the same thing; a flag beats it.
  let variable: String?
  /// More variables that belong to this row, for the help only.
  var relatives: [String] = []
  let summary: String
  /// More lines for the help.
  var details: [String] = []
  /// The default in words; nil: there is none.
  let fallback: String?

  /// As it is typed: `--port`.
  var name: String { "--" + setting.rawValue }

  /// As the help shows it: `--port PORT`.
  var usage: String {
    switch value {
    case .none: name
    case .text(let word): name + " " + word
    case .choice(let words): name + " " + words.joined(separator: "|")
    }
  }
}

extension Flag {
  /// A row of free text that a variable can set, too: `SEATCAST_` and the flag's name.
  static func text(
    _ setting: Setting, _ word: String, relatives: [String] = [], summary: String, details: [String] = [],
    fallback: String? = nil
  ) -> Flag {
    Flag(
      setting: setting, value: .text(word), variable: variable(of: setting), relatives: relatives,
      summary: summary, details: details, fallback: fallback)
  }

  /// A row of one of some words, with a variable.
  static func choice(
    _ setting: Setting, _ words: [String], summary: String, fallback: String
  ) -> Flag {
    Flag(
      setting: setting, value: .choice(words), variable: variable(of: setting), summary: summary,
      fallback: fallback)
  }

  private static func variable(of setting: Setting) -> String {
    "SEATCAST_" + String(setting.rawValue.map { $0 == "-" ? "_" : $0 }).uppercased()
  }
}

/// A word of a command that is no flag: told by its place.
struct Operand: Sendable, Equatable {
  /// As the help shows it.
  let name: String
  let summary: String
  /// Only the last one may be.
  let isOptional: Bool

  init(_ name: String, _ summary: String, isOptional: Bool = false) {
    (self.name, self.summary, self.isOptional) = (name, summary, isOptional)
  }

  var usage: String { isOptional ? "[\(name)]" : name }
}

/// A subcommand and the flags that it takes.
struct CommandTable: Sendable {
  /// One word, or two: `event list`.
  let name: String
  let summary: String
  /// More lines for the help.
  var details: [String] = []
  var group = Group.serving
  var operands: [Operand] = []
  let flags: [Flag]

  /// Parts of the overview; the raw value is the part's heading.
  enum Group: String, CaseIterable, Sendable {
    case serving = "Serving"
    case administration = "Administration, with or without a running server"
    case testing = "Testing aids, never part of the server"
  }

  func flag(named name: String) -> Flag? { flags.first { $0.name == name } }

  static let all = [serve, version] + administration + [conformanceEcho, conformanceJWS]

  static let serve = CommandTable(
    name: "serve", summary: "Serve bookings and broadcast them.",
    flags: [
      host, port,
      .text(
        .data, "DIR", summary: "Folder of the database and the token secret; made when missing.",
        fallback: "./data"),
      loops,
      .choice(
        .sender, ["auto", "send", "io_uring"],
        summary: "How broadcasts reach the kernel; auto takes io_uring where it is granted.",
        fallback: "auto"),
      .choice(
        .descriptorTables, ["shared", "private"],
        summary: "private: each loop has a descriptor table, and so a limit, of its own.",
        fallback: "shared"),
      .text(
        .tlsCertificate, "FILE",
        summary: "PEM file of a certificate and its chain: serve https and wss. Needs --tls-key."),
      .text(.tlsKey, "FILE", summary: "PEM file of the certificate's key, not encrypted."),
      .choice(
        .tlsRecords, ["openssl", "compact"],
        summary: "Who protects TLS records; compact: our own code, TLS 1.3 only, a tenth of the memory.",
        fallback: "openssl"),
      .choice(
        .accounts, ["local", "external"],
        summary: "local: people register and log in here; external: another system issues the tokens.",
        fallback: "local"),
      .choice(
        .registration, ["on", "off"], summary: "Whether anybody may make a local account.",
        fallback: "on; off with --accounts external"),
      .text(.issuer, "ISSUER", summary: "The iss of the other system's tokens. Needs --accounts external."),
      .text(
        .audience, "AUDIENCE",
        summary: "What a token's aud must name. Once set, external tokens must have an aud.",
        fallback: "seatcast"),
      .text(
        .adminClaim, "NAME=VALUE",
        summary: "Claim that makes the other system's user an admin. Needs --accounts external."),
      .text(
        .jwtSecretFile, "FILE", relatives: ["SEATCAST_JWT_SECRET"],
        summary: "Secret that signs tokens, at least 32 bytes; one line break at its end is not part of it.",
        details: ["SIGHUP reads it again, and the two files below."], fallback: "made once in the data folder"
      ),
      .text(
        .previousSecretFile, "FILE",
        summary: "Secret before it, whose tokens are still accepted. Needs --previous-secret-until."),
      .text(
        .previousSecretUntil, "TIME",
        summary: "When the previous secret's tokens end, like 2026-01-31T20:00:00Z."),
      .text(
        .jwksFile, "FILE", summary: "Public keys of the other system (JWKS), read again when it changes.",
        details: ["RS256, PS256, ES256 and EdDSA instead of a secret. Needs --accounts external."]),
      .text(
        .adminEmail, "EMAIL", relatives: ["SEATCAST_ADMIN_PASSWORD", "SEATCAST_ADMIN_PASSWORD_FILE"],
        summary: "Make sure that this admin exists; needs one of the two password variables."),
      .text(
        .origins, "LIST",
        summary: "Origins besides our own whose pages may use this server, separated by commas.",
        details: ["For REST, event streams, WebSockets and scripts. Changes by other origins are refused."]),
      .choice(
        .identity, ["full", "none"], summary: "Whether broadcasts tell bookingId and userId.",
        fallback: "full"),
      .choice(
        .watch, ["authenticated", "public"],
        summary: "public: whoever shows no token may watch, too, and learns counts only.",
        fallback: "authenticated"),
      .choice(
        .log, ["text", "json"], summary: "Form of the log on standard error.",
        fallback: "text on a terminal, else json"),
      .choice(
        .rateLimits, ["on", "off"], summary: "Rate limits; off is for tests and benchmarks.", fallback: "on"),
      .text(
        .limits, "LIST",
        summary:
          "Limits to change, separated by commas: a rate, a number, or off; 50/s:100 allows 100 at once.",
        details: LimitTable.help),
      .text(
        .trustedProxies, "LIST",
        summary: "Proxies like 10.0.0.0/8,fd00::1 whose Forwarded or X-Forwarded-For names the client."),
      .choice(
        .passwordCost, ["interactive", "insecure-test"],
        summary: "Cost of password hashing; insecure-test is for tests and benchmarks.",
        fallback: "interactive"),
      .text(
        .feedKeep, "TIME", summary: "How long the feed of changes is kept, like 12h or 30d.", fallback: "30d"),
      .text(
        .addressKeep, "TIME", summary: "How long the audit log has addresses and failed log-ins, like 7d.",
        fallback: "30d"),
      .text(
        .backupDir, "DIR", summary: "Folder for backups by the clock; made when missing.",
        fallback: "no such backups"),
      .text(
        .backupEvery, "TIME", summary: "How often, like 30m, 6h or 1d. Needs --backup-dir.", fallback: "6h"),
      .text(
        .backupKeep, "N", summary: "How many of these backups are kept. Needs --backup-dir.", fallback: "14"),
      Flag(
        setting: .demo, value: .none, variable: nil,
        summary: "Add two events, an admin and two users, and print how to use them.", fallback: nil),
    ])

  static let conformanceEcho = CommandTable(
    name: "conformance-echo",
    summary: "Echo WebSocket messages for protocol test suites.",
    group: .testing, flags: [host, port, loops])

  static let conformanceJWS = CommandTable(
    name: "conformance-jws",
    summary: "Judge signatures, one JSON object per line of standard input.",
    details: [
      "A line is {\"alg\":…,\"k\":…,\"jws\":…}; k is a base64url key for HS256, a JWK otherwise.",
      "Answers one line each: valid or invalid. Claims are not judged.",
    ],
    group: .testing, flags: [])

  static let version = CommandTable(name: "version", summary: "Print the version.", flags: [])

  private static let host = Flag.text(
    .host, "ADDRESS", summary: "Numeric address to listen on, or localhost.", fallback: "127.0.0.1")
  private static let port = Flag.text(
    .port, "PORT", summary: "Port to listen on; 0 takes any free one.", fallback: "3000")
  private static let loops = Flag.text(
    .loops, "N", summary: "Event loops, each with a thread and a listener of its own.",
    fallback: "one per usable core")
}
