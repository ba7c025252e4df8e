// The validated settings of `seatcast serve`, a pure function of arguments and environment. Files that they name are
// read later (SecretFiles.swift), so a wrong value is an error before anything is opened.
import ControlPlane
import FanoutCore
import Glibc

struct ServeConfiguration: Equatable, Sendable {
  var address: ListenAddress
  /// Where administration is served apart; nil: with everything else.
  var adminListen: AdminAddress?
  var sender: Sender
  var descriptorTables: DescriptorTables
  var compression: Compression
  var dataFolder: String
  /// Nil: a server by itself, with SQLite.
  var cluster: ClusterConfiguration?
  var secret: SecretSource
  var previousSecret: PreviousSource?
  var accounts: AccountsConfiguration
  var admin: Admin?
  /// Origins besides our own whose pages may use this server.
  var origins: Set<WebOrigin>
  var identity: Identity
  var watch: Watch
  /// Whether viewers are told how many watch.
  var viewerCounts: ViewerCounting
  /// Nil: text when standard error is a terminal, else JSON.
  var log: LogFormat?
  /// The least important lines that are written.
  var logLevel: LogLevel
  /// Which answered requests get a line.
  var accessLog: AccessLog.Extent
  var rateLimits: RateLimits
  /// What the limits are when they are on.
  var limits: LimitTable
  /// Whose word about their clients counts.
  var trustedProxies: TrustedProxies
  var passwordCost: PasswordCostChoice
  /// Milliseconds for which the feed of changes is kept.
  var feedKept: Int64
  /// Milliseconds for which the audit log has addresses and failed log-ins.
  var addressesKept: Int64
  var demo: Bool
  /// Nil: none by the clock.
  var backups: BackupPlan?
  /// Milliseconds for which a server that was asked to stop says that it is not ready and still answers.
  var drainDelay: Int64
  /// The socket of a running server from which everything is taken over; nil: this one begins by itself.
  var takeOver: String?
  /// Warnings about environment variables that nothing reads.
  var unknownVariables: [String]

  enum Sender: String, CaseIterable, Sendable {
    case auto, send
    case ioUring = "io_uring"
  }
  /// `private` is a Swift keyword, so the case has another name.
  enum DescriptorTables: String, CaseIterable, Sendable {
    case shared
    case perLoop = "private"
  }
  enum Compression: String, CaseIterable, Sendable { case on, off }
  enum Identity: String, CaseIterable, Sendable { case full, none }
  enum RateLimits: String, CaseIterable, Sendable { case on, off }
  enum ViewerCounting: String, CaseIterable, Sendable { case on, off }
  enum PasswordCostChoice: String, CaseIterable, Sendable {
    case interactive
    case insecureTest = "insecure-test"
  }

  /// Where the secret that signs tokens comes from.
  enum SecretSource: Equatable, Sendable {
    /// Created once and kept in the data folder.
    case kept
    case file(String)
    case bytes([UInt8])
  }

  /// The secret before this one, and when its tokens end.
  struct PreviousSource: Equatable, Sendable {
    var file: String
    var until: Instant
  }

  /// An administrator account to create or update at start.
  struct Admin: Equatable, Sendable {
    enum Password: Equatable, Sendable {
      case text(String)
      case file(String)
    }
    var email: String
    var password: Password
  }

  /// This server's name among nodes: what is configured, or the machine's name and the port.
  var nodeName: String {
    cluster?.node ?? "\(hostName()):\(address.port == 0 ? "\(getpid())" : "\(address.port)")"
  }

  /// The form of the log here.
  var logFormat: LogFormat { log ?? (StandardError.isTerminal ? .text : .json) }

  /// Warnings about settings that are unsafe in production or have no effect.
  var warnings: [String] {
    var sentences = unknownVariables
    if rateLimits == .off { sentences.append("Rate limits are off: for tests and benchmarks only.") }
    if rateLimits == .off, limits != LimitTable() {
      sentences.append("--limits changes nothing while rate limits are off.")
    }
    if passwordCost == .insecureTest {
      sentences.append("Passwords are hashed at a cost that protects nobody: for tests and benchmarks only.")
    }
    return sentences
  }

  init(_ settings: Settings) throws(UsageError) {
    address = try ListenAddress(settings)
    adminListen = try AdminAddress(settings)
    sender = try settings.choice(.sender, as: Sender.self) ?? .auto
    descriptorTables = try settings.choice(.descriptorTables, as: DescriptorTables.self) ?? .shared
    compression = try settings.choice(.compression, as: Compression.self) ?? .on
    dataFolder = try settings.text(.data) ?? "./data"
    cluster = try ClusterConfiguration(settings)
    secret = try Self.secret(settings)
    previousSecret = try Self.previousSecret(settings)
    accounts = try AccountsConfiguration(settings)
    if accounts.keySetFile != nil { try Self.refuseSecrets(settings) }
    admin = try Self.admin(settings)
    origins = try Self.origins(settings)
    identity = try settings.choice(.identity, as: Identity.self) ?? .full
    watch = try settings.choice(.watch, as: Watch.self) ?? .authenticated
    viewerCounts = try settings.choice(.viewerCounts, as: ViewerCounting.self) ?? .off
    log = try settings.choice(.log, as: LogFormat.self)
    logLevel = try settings.choice(.logLevel, as: LogLevel.self) ?? .info
    accessLog = try settings.choice(.accessLog, as: AccessLog.Extent.self) ?? .off
    rateLimits = try settings.choice(.rateLimits, as: RateLimits.self) ?? .on
    limits = try LimitTable(settings)
    trustedProxies = try Self.proxies(settings)
    passwordCost = try settings.choice(.passwordCost, as: PasswordCostChoice.self) ?? .interactive
    feedKept = try settings.duration(.feedKeep, in: Self.keepingTimes) ?? 30 * 86_400_000
    addressesKept = try settings.duration(.addressKeep, in: Self.keepingTimes) ?? 30 * 86_400_000
    drainDelay = try settings.duration(.drainDelay, in: 0...86_400) ?? 0
    takeOver = try settings.text(.takeOver)
    demo = settings.has(.demo)
    backups = try Self.backups(settings)
    unknownVariables = settings.warnings
    if cluster != nil { try refuseWhatNodesShare(settings) }
  }

  /// What a node cannot have for itself.
  private func refuseWhatNodesShare(_ settings: Settings) throws(UsageError) {
    let store = settings.source(settings.has(.store) ? .store : .storeFile)
    if secret == .kept, accounts.keySetFile == nil {
      throw UsageError(
        "\(store) needs --jwt-secret-file, SEATCAST_JWT_SECRET_FILE or SEATCAST_JWT_SECRET: all nodes sign tokens "
          + "with the same secret.")
    }
    if backups != nil {
      throw UsageError(
        "\(settings.source(.backupDir)) is for SQLite; with \(store), back up PostgreSQL itself.")
    }
  }

  /// Everything that is wrong with single values; when nothing is, how they do not go together.
  static func faults(_ settings: Settings) -> [UsageError] {
    var (rest, found): (Settings, [UsageError]) = (settings, [])
    while true {
      do throws(UsageError) {
        _ = try ServeConfiguration(rest)
        return found
      } catch {
        // Settings that miss a wrong one may not go together for that alone.
        guard let setting = error.setting, rest.has(setting) else { return found.isEmpty ? [error] : found }
        found.append(error)
        rest = rest.without(setting)
      }
    }
  }

  /// In seconds: a minute to ten years.
  private static let keepingTimes: ClosedRange<Int64> = 60...3_650 * 86_400

  static func secret(_ settings: Settings) throws(UsageError) -> SecretSource {
    switch try settings.stronger(of: .jwtSecret, or: .jwtSecretFile) {
    case .jwtSecret?: .bytes(Array((try settings.text(.jwtSecret) ?? "").utf8))
    case .some: try settings.text(.jwtSecretFile).map(SecretSource.file) ?? .kept
    case nil: .kept
    }
  }

  static func previousSecret(_ settings: Settings) throws(UsageError) -> PreviousSource? {
    let (file, time) = (try settings.text(.previousSecretFile), try settings.text(.previousSecretUntil))
    guard let file, let time else {
      let given = settings[.previousSecretFile] ?? settings[.previousSecretUntil]
      if let given {
        let other = time == nil ? "--previous-secret-until" : "--previous-secret-file"
        throw UsageError("\(given.source) needs \(other).")
      }
      return nil
    }
    guard let until = Instant(text: time) else {
      throw UsageError(
        "\(settings.source(.previousSecretUntil)) must be a time like 2026-01-31T20:00:00Z, "
          + "not '\(printable(time))'.", about: .previousSecretUntil)
    }
    return PreviousSource(file: file, until: until)
  }

  /// With a file of public keys nothing is signed with a configured secret.
  private static func refuseSecrets(_ settings: Settings) throws(UsageError) {
    let given = [Setting.jwtSecretFile, .previousSecretFile, .jwtSecret].first(where: settings.has)
    guard let given else { return }
    throw UsageError(
      "\(settings.source(given)) and \(settings.source(.jwksFile)) are both set; the other system signs with "
        + "one of them.")
  }

  private static func admin(_ settings: Settings) throws(UsageError) -> Admin? {
    let email = try settings.text(.adminEmail)
    let password: Admin.Password? =
      switch try settings.stronger(of: .adminPassword, or: .adminPasswordFile) {
      case .adminPassword?: try settings.text(.adminPassword).map(Admin.Password.text)
      case .some: try settings.text(.adminPasswordFile).map(Admin.Password.file)
      case nil: nil
      }
    switch (email, password) {
    case (let email?, let password?): return Admin(email: email, password: password)
    case (nil, nil): return nil
    case (_?, nil):
      throw UsageError(
        "\(settings.source(.adminEmail)) needs --admin-password-file, SEATCAST_ADMIN_PASSWORD_FILE or "
          + "SEATCAST_ADMIN_PASSWORD.")
    case (nil, _?):
      // A credential is there for whoever wants it.
      if case .credential? = settings[.adminPasswordFile]?.source { return nil }
      throw UsageError("An admin's password is set, but no --admin-email or SEATCAST_ADMIN_EMAIL.")
    }
  }

  private static func backups(_ settings: Settings) throws(UsageError) -> BackupPlan? {
    let every = try settings.duration(.backupEvery, in: keepingTimes)
    let keep = try settings.number(.backupKeep, in: 1...10_000)
    guard let folder = try settings.text(.backupDir) else {
      if let given = settings[.backupEvery] ?? settings[.backupKeep] {
        throw UsageError("\(given.source) needs --backup-dir.")
      }
      return nil
    }
    return BackupPlan(folder: folder, everySeconds: Int((every ?? 6 * 3_600_000) / 1_000), keep: keep ?? 14)
  }

  private static func proxies(_ settings: Settings) throws(UsageError) -> TrustedProxies {
    var ranges: [AddressRange] = []
    for text in try settings.list(.trustedProxies) {
      guard let range = AddressRange(String(text)) else {
        throw UsageError(
          "\(settings.source(.trustedProxies)) must list addresses or ranges like '10.0.0.0/8', "
            + "not '\(printable(String(text)))'.", about: .trustedProxies)
      }
      ranges.append(range)
    }
    return TrustedProxies(ranges)
  }

  private static func origins(_ settings: Settings) throws(UsageError) -> Set<WebOrigin> {
    var origins: Set<WebOrigin> = []
    for text in try settings.list(.origins) {
      guard let origin = WebOrigin(String(text)) else {
        throw UsageError(
          "\(settings.source(.origins)) must list origins like 'https://example.org', "
            + "not '\(printable(String(text)))'.", about: .origins)
      }
      origins.insert(origin)
    }
    return origins
  }
}

/// The machine's name, as far as it is a word.
private func hostName() -> String {
  var bytes = [CChar](repeating: 0, count: 65)
  guard unsafe gethostname(&bytes, bytes.count - 1) == 0 else { return "node" }
  let name = String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  let word = name.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
  return word.isEmpty ? "node" : String(word.prefix(56))
}

/// Who may watch events by WebSocket or event stream.
enum Watch: String, CaseIterable, Sendable {
  /// Who shows a valid token.
  case authenticated
  /// Anybody; who shows no token is an anonymous viewer and learns counts only.
  case `public`
}
