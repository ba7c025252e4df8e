// The types of the settings table: rows that the parser, the environment, the configuration file, `--help`, `config`, the
// man pages, the completions and docs/REFERENCE.md are all made from. The rows stand in ServeTable.swift (the server's),
// ConfigTables.swift and AdminTables.swift. Pure.

/// One thing that can be set from outside; the raw value is its flag without the dashes and its key in the file.
enum Setting: String, Hashable, Sendable, CaseIterable {
  case config
  case host
  case adminListen = "admin-listen"
  case port
  case data
  case loops
  case sender
  case descriptorTables = "descriptor-tables"
  case compression
  case drainDelay = "drain-delay"
  case takeOver = "take-over"
  case tlsCertificate = "tls-cert"
  case tlsKey = "tls-key"
  case tlsRecords = "tls-records"
  case accounts
  case registration
  case issuer
  case audience
  case adminClaim = "admin-claim"
  case jwtSecretFile = "jwt-secret-file"
  case jwtSecret = "jwt-secret"
  case previousSecretFile = "previous-secret-file"
  case previousSecretUntil = "previous-secret-until"
  case jwksFile = "jwks-file"
  case adminEmail = "admin-email"
  case adminPasswordFile = "admin-password-file"
  case adminPassword = "admin-password"
  case origins
  case identity
  case watch
  case viewerCounts = "viewer-counts"
  case log
  case logLevel = "log-level"
  case accessLog = "access-log"
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

  // Cluster
  case store
  case storeFile = "store-file"
  case bus
  case busFile = "bus-file"
  case busPrefix = "bus-prefix"
  case busAuthorities = "bus-ca"
  case busCredentials = "bus-creds"
  case node

  // Configuration
  case effective

  // Administration
  case json
  case name
  case seats
  case types
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
  case from
  case to
  case by
  case after
  case limit
  case email
  case role
  case passwordFile = "password-file"
  case lifetime
  case verify
  case out

  // Verification
  case record
  case key
  case head

  // Clients of a server
  case url
  case tokenFile = "token-file"
  case authorities = "ca-file"
  case event
  case every
  case users
  case viewers
  case quantity
  case rate
  case duration = "for"
  case cancellations = "cancel"
  case chart
  case history
  case notices
  case picture
  case search
  case keep
  case yes
  case userTokens = "user-tokens"
}

/// A row of a command's table.
struct Flag: Sendable, Hashable {
  /// What may follow the flag.
  enum Value: Sendable, Hashable {
    /// Nothing: naming the flag is all.
    case none
    /// Free text, shown in the help as this word; `FILE` and `DIR` are completed as paths.
    case text(String)
    /// One of these words.
    case choice([String])
  }

  /// What holds when nothing is set.
  enum Fallback: Sendable, Hashable, ExpressibleByStringLiteral {
    /// This value, as it would be typed.
    case value(String)
    /// What no single value says.
    case words(String)

    init(stringLiteral value: String) { self = .value(value) }

    var text: String {
      switch self {
      case .value(let text), .words(let text): text
      }
    }
  }

  /// When a change in the file takes effect.
  enum Effect: Sendable, Hashable { case atStart, onReload }

  let setting: Setting
  let value: Value
  /// The environment variable that sets the same thing.
  let variable: String?
  let summary: String
  /// More lines for the help.
  var details: [String] = []
  /// Nil: nothing is set.
  var fallback: Fallback?
  /// A value for the documents, where the default is none that could be typed.
  var example: String?
  /// The name of the systemd credential whose file is taken when nothing names a file.
  var credential: String?
  /// A secret itself: a variable only, and never shown. Command lines are public, and so are most files.
  var isSecret = false
  /// Whether the value is a URL, or some, in which a password may stand: it is shown without that.
  var hidesPasswords = false
  var effect = Effect.atStart
  /// Of the server's rows.
  var section: Section?

  /// Whether it is a flag of the command line.
  var isFlag: Bool { !isSecret }
  /// Whether it is a key of the configuration file.
  var isKey: Bool { variable != nil && !isSecret && setting != .config }

  /// As it is typed: `--port`; of a secret, its variable.
  var name: String { isFlag ? "--" + setting.rawValue : variable ?? setting.rawValue }

  /// A value of it as anybody may read it.
  func shown(_ text: String) -> String {
    if isSecret { return ConfigPrint.mask }
    return hidesPasswords ? ConfigPrint.maskingPasswords(text) : text
  }

  /// As the help shows it: `--port PORT`.
  var usage: String {
    guard isFlag else { return name }
    let words = valueName
    return words.isEmpty ? name : name + " " + words
  }

  /// What stands for the value: `PORT`, `on|off`, or nothing.
  var valueName: String {
    switch value {
    case .none: ""
    case .text(let word): word
    case .choice(let words): words.joined(separator: "|")
    }
  }
}

extension Flag {
  /// A row of free text that a variable can set, too: `SEATCAST_` and the flag's name.
  static func text(
    _ setting: Setting, _ word: String, summary: String, details: [String] = [], fallback: Fallback? = nil,
    example: String? = nil, credential: String? = nil, effect: Effect = .atStart
  ) -> Flag {
    Flag(
      setting: setting, value: .text(word), variable: variable(of: setting), summary: summary,
      details: details, fallback: fallback, example: example, credential: credential, effect: effect)
  }

  /// A row of one of some words, with a variable.
  static func choice(
    _ setting: Setting, _ words: [String], summary: String, fallback: Fallback, effect: Effect = .atStart
  ) -> Flag {
    Flag(
      setting: setting, value: .choice(words), variable: variable(of: setting), summary: summary,
      fallback: fallback, effect: effect)
  }

  /// URLs that may have passwords in them, separated by commas.
  static func urls(
    _ setting: Setting, _ word: String, summary: String, details: [String], fallback: Fallback,
    example: String
  ) -> Flag {
    var flag = text(
      setting, word, summary: summary, details: details, fallback: fallback, example: example)
    flag.hidesPasswords = true
    return flag
  }

  /// A secret itself, which has a variable and nothing else.
  static func secret(_ setting: Setting, summary: String, effect: Effect = .atStart) -> Flag {
    Flag(
      setting: setting, value: .text("TEXT"), variable: variable(of: setting), summary: summary,
      isSecret: true, effect: effect)
  }

  /// A row of free text that is a flag only.
  static func plain(
    _ setting: Setting, _ word: String, _ summary: String, fallback: Fallback? = nil
  ) -> Flag {
    Flag(setting: setting, value: .text(word), variable: nil, summary: summary, fallback: fallback)
  }

  /// A flag without a value.
  static func toggle(_ setting: Setting, summary: String) -> Flag {
    Flag(setting: setting, value: .none, variable: nil, summary: summary)
  }

  private static func variable(of setting: Setting) -> String {
    "SEATCAST_" + String(setting.rawValue.map { $0 == "-" ? "_" : $0 }).uppercased()
  }
}

/// Parts of the server's settings; the raw value is the part's heading.
enum Section: String, CaseIterable, Sendable {
  case listening = "Listening"
  case tls = "TLS"
  case data = "Data and backups"
  case cluster = "Cluster"
  case accounts = "Accounts and tokens"
  case watching = "Pages and viewers"
  case limits = "Limits"
  case log = "Log"
  case engine = "Engine"
  case testing = "Trying and testing"
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
    case configuration = "Configuration"
    case administration = "Administration, with or without a running server"
    case tools = "Watching, rehearsing and verifying, as anybody may"
    case testing = "Testing aids, never part of the server"
    case help = "Help"
  }

  /// The row that this word of the command line names.
  func flag(named name: String) -> Flag? { flags.first { $0.isFlag && $0.name == name } }

  /// For the documents: the flags of its own, and those that mean what they mean for `serve`; without those that all
  /// commands of administration have.
  var flagsApart: (own: [Flag], shared: [Flag]) {
    let servers = Set(Self.serve.flags)
    let common = group == .administration ? [Self.data, Self.json, Self.config] : []
    let rest = flags.filter { $0.isFlag && !common.contains($0) }
    return (rest.filter { !servers.contains($0) }, rest.filter(servers.contains))
  }

  /// Whether it takes everything that `serve` takes.
  var takesServersFlags: Bool { Set(flags).isSuperset(of: Self.serve.flags) }

  static let all =
    [serve, health] + configuration + administration + tools + [
      conformanceEcho, conformanceJWS, help, completions, version,
    ]
}
