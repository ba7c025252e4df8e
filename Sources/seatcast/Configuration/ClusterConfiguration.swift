// What a node needs to know of the cluster: where the database and the NATS servers are. A pure function of the settings; the
// files that they name are read by `ClusterAccess`. Known to every build, so that one without the cluster can say so.
import ControlPlane

struct ClusterConfiguration: Equatable, Sendable {
  /// Where URLs come from.
  enum Place: Equatable, Sendable {
    case text(String)
    case file(String)
  }

  /// The NATS servers.
  struct Bus: Equatable, Sendable {
    var urls: Place
    /// The first word of each subject.
    var prefix: String
    /// PEM file; nil: the system's authorities.
    var authorities: String?
    /// File of a JWT and a seed, or of a seed.
    var credentials: String?
  }

  var store: Place
  /// Nil: nodes learn of each other by the database alone.
  var bus: Bus?
  /// Nil: host name and port.
  var node: String?

  /// Whether this program can be a node.
  static let isBuilt: Bool = {
    #if Cluster
      true
    #else
      false
    #endif
  }()

  private static let buildsWithout =
    "this seatcast is built without the cluster; build it with 'swift build --traits Cluster'"

  init(store: Place, bus: Bus?, node: String?) { (self.store, self.bus, self.node) = (store, bus, node) }

  /// Nil: nothing says that there is a cluster.
  init?(_ settings: Settings) throws(UsageError) {
    guard let store = try Self.place(settings, .store, .storeFile, Self.checkStore) else {
      try Self.refuseAlone(settings)
      return nil
    }
    if !Self.isBuilt {
      let given = settings.has(.store) ? Setting.store : .storeFile
      // What the service manager passes to every unit is for whoever wants it.
      if case .credential? = settings[given]?.source { return nil }
      throw UsageError("\(settings.source(given)) cannot be used: \(Self.buildsWithout).")
    }
    self.store = store
    bus = try Self.bus(settings)
    node = try Self.word(settings, .node, atMost: 64)
  }

  /// Without a store there is nobody to talk to.
  private static func refuseAlone(_ settings: Settings) throws(UsageError) {
    for setting in [Setting.bus, .busFile, .busPrefix, .busAuthorities, .busCredentials, .node] {
      guard let given = settings[setting] else { continue }
      if case .credential = given.source { continue }
      throw UsageError("\(given.source) needs --store.")
    }
  }

  private static func bus(_ settings: Settings) throws(UsageError) -> Bus? {
    guard let urls = try place(settings, .bus, .busFile, checkBus) else {
      for setting in [Setting.busPrefix, .busAuthorities, .busCredentials] {
        guard let given = settings[setting] else { continue }
        if case .credential = given.source { continue }
        throw UsageError("\(given.source) needs --bus.")
      }
      return nil
    }
    return Bus(
      urls: urls, prefix: try word(settings, .busPrefix, atMost: 64) ?? "seatcast",
      authorities: try settings.text(.busAuthorities), credentials: try settings.text(.busCredentials))
  }

  /// The stronger of a text and a file.
  private static func place(
    _ settings: Settings, _ text: Setting, _ file: Setting,
    _ check: (String) -> String?
  ) throws(UsageError) -> Place? {
    guard let stronger = try settings.stronger(of: text, or: file) else { return nil }
    if stronger == file { return try settings.text(file).map(Place.file) }
    guard let value = try settings.text(text) else { return nil }
    if let fault = check(value) { throw UsageError("\(settings.source(text)) \(fault).", about: text) }
    return .text(value)
  }

  /// A word that can be part of a subject and of a name in a log: letters, digits, dash, underscore, full stop.
  private static func word(_ settings: Settings, _ setting: Setting, atMost length: Int) throws(UsageError)
    -> String?
  {
    guard let text = try settings.text(setting) else { return nil }
    let isWord = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
        true
      default: false
      }
    }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard isWord, text.utf8.count <= length, !parts.contains("") else {
      throw UsageError(
        "\(settings.source(setting)) must be a word of letters, digits, '-', '_' and '.', at most \(length) long, "
          + "not '\(printable(text))'.", about: setting)
    }
    return text
  }

  // MARK: URLs, of which no sentence says anything, because passwords may stand in them

  /// Nil: it can be one.
  static func checkStore(_ url: String) -> String? {
    if url.hasPrefix("postgres://") || url.hasPrefix("postgresql://") { return nil }
    return "must be a URL like 'postgres://user@host:5432/database'"
  }

  static func checkBus(_ text: String) -> String? {
    let urls = urls(text)
    guard !urls.isEmpty, urls.allSatisfy({ $0.hasPrefix("nats://") || $0.hasPrefix("tls://") }) else {
      return "must list URLs like 'nats://user:password@host:4222' or 'tls://host', separated by commas"
    }
    guard Set(urls.map { $0.hasPrefix("tls://") }).count == 1 else {
      return "must list URLs that all begin with 'tls://', or none"
    }
    return nil
  }

  /// The items of a list, without blanks around them.
  static func urls(_ text: String) -> [String] {
    text.split { ", \n\t".contains($0) }.map(String.init)
  }
}

/// The same with its files read.
struct ClusterAccess: Equatable, Sendable {
  var store: String
  /// Empty: no bus.
  var bus: [String]

  init(_ configuration: ClusterConfiguration) throws(StartError) {
    store = try Self.read(configuration.store, "store", ClusterConfiguration.checkStore)
    let urls = try configuration.bus.map { bus throws(StartError) in
      try Self.read(bus.urls, "bus", ClusterConfiguration.checkBus)
    }
    bus = urls.map(ClusterConfiguration.urls) ?? []
  }

  private static func read(
    _ place: ClusterConfiguration.Place, _ name: String, _ check: (String) -> String?
  ) throws(StartError) -> String {
    switch place {
    case .text(let text): return text
    case .file(let path):
      let text = try SecretFiles.text(at: path, what: "URL of the \(name)")
      if let fault = check(text) {
        throw StartError("The URL of the \(name) in \(printable(path)) \(fault).")
      }
      return text
    }
  }
}
