// Administration by whoever may write to the data folder: requests from the executable's administration thread while a
// server runs, and the same requests directly on the files while none does.
import Glibc

extension Backend {
  /// Performs what a line of an administrator asks for (`AdminRequest`). Blocks until the ledger has committed it. Any
  /// thread but the plane's own.
  public func administer(_ line: [UInt8]) -> AdminAnswer { Administrator(backend: self).answer(line) }

  /// The data folder's absolute path without links.
  public var dataFolder: String { database.folder.realPath }

  /// Opens the files of a folder that no server serves, for a few requests on the caller's thread. Makes neither folder
  /// nor database. What only the server's configuration can say is left to the server: whose accounts a database of an
  /// older version has, and what is old enough to be forgotten.
  /// - Parameter needsKeys: whether tokens are to be made or judged; without, no secret is read or made.
  /// - Throws: `StartFailure`, whose `isServed` tells that a server holds the folder.
  public static func openForAdministration(
    _ configuration: Configuration, needsKeys: Bool, observer: any ControlObserver
  ) throws(StartFailure) -> Backend {
    var configuration = configuration
    configuration.upgradesDatabase = false
    (configuration.feedKept, configuration.addressesKept) = (.max, .max)
    let database = configuration.dataFolder + "/" + DataFolder.databaseName
    guard unsafe access(database, F_OK) == 0 else {
      if unsafe access(configuration.dataFolder + "/" + NodeAccess.markName, F_OK) == 0 {
        throw StartFailure(
          "the folder \(configuration.dataFolder) is a node's, whose database is PostgreSQL; start the node first, or do it "
            + "where another one runs")
      }
      throw StartFailure(
        "the folder \(configuration.dataFolder) has no database; name the server's with --data")
    }
    if !needsKeys {
      configuration.secret = SystemRandom().randomBytes(SigningSecret.minimumBytes)
      (configuration.previousSecret, configuration.keySetFile) = (nil, nil)
    } else if configuration.secret == nil, configuration.accounts == .local,
      unsafe access(configuration.dataFolder + "/" + SigningSecret.fileName, F_OK) != 0
    {
      throw StartFailure(
        "the folder \(configuration.dataFolder) keeps no token secret; name the server's with --jwt-secret-file"
      )
    }
    return try open(
      configuration, notices: NobodyWatches(), replies: NobodyAsks(), observer: observer, threads: .inline)
  }
}

/// Without a server nobody watches.
private struct NobodyWatches: NoticeSink {
  func isWatched(_ event: EventID, by audience: Audience) -> Bool { false }
  func announce(_ batch: [EventUpdate], committedAt: UInt64) {}
  func tell(client: UInt64, _ text: [UInt8]) {}
  func grant(_ event: EventID, to watcher: Watcher, at summary: EventSummary?) {}
  func released(_ event: EventID, by watcher: Watcher) {}
  func withdraw(_ event: EventID) {}
  func withdraw(client: UInt64) {}
  func end(key: UInt32, at moment: Instant) {}
  func history(
    _ notices: [EncodedNotice], of event: EventID, for audience: Audience, ticket: ReplyTicket
  ) {}
}

/// Without a server there are no requests with tickets.
private struct NobodyAsks: ReplySink {
  func deliver(_ replies: [(ticket: ReplyTicket, reply: Reply)]) {}
}
