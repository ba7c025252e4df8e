#if Cluster
  // `seatcast migrate`: the database of a data folder copied into a PostgreSQL database, and held against it row by row before
  // anything of it counts. One transaction: whatever ends the process leaves the target empty. The folder is marked right before
  // the commit, so that no server sells from both. Blocks; any thread.

  public enum StoreMigration {
    public struct Report: Sendable, Equatable {
      public struct Table: Sendable, Equatable {
        public let name: String
        public let rows: Int
        /// Hexadecimal SHA-256 over its rows, the same on both sides.
        public let digest: String

        public init(name: String, rows: Int, digest: String) {
          (self.name, self.rows, self.digest) = (name, rows, digest)
        }
      }

      /// The target, without a password.
      public let target: String
      public let epoch: String
      public let tables: [Table]
      /// The target had it all from a run before, which was cut off before it could say so.
      public let wasThere: Bool

      public init(target: String, epoch: String, tables: [Table], wasThere: Bool) {
        (self.target, self.epoch, self.tables, self.wasThere) = (target, epoch, tables, wasThere)
      }
    }

    public enum Progress: Sendable, Equatable {
      case copied(table: String, rows: Int)
      case verified(table: String, rows: Int)
    }

    /// - Parameters:
    ///   - path: a data folder that no server has.
    ///   - url: of a database without rows.
    ///   - progress: told of every page.
    public static func run(
      from path: String, to url: String, progress: @escaping (Progress) -> Void = { _ in }
    ) throws(AdminAnswer.Failure) -> Report {
      guard PlainFile.exists(path + "/" + DataFolder.databaseName) else {
        throw .init(.data, "The folder \(path) has no database (\(DataFolder.databaseName)).")
      }
      do throws(StartFailure) {
        let address = try PostgresAddress(url)
        let folder = try DataFolder(path)
        defer { folder.release() }
        let mark = try MovedMark.read(folder)
        if let mark, mark.isDone { throw mark.refusal(folder) }
        let source = try StoreSource(folder)
        return try StoreCopy(source, address, folder, progress).run()
      } catch {
        throw .init(error.isServed ? .unavailable : .refused, sentence(error.description))
      }
    }

    private static func sentence(_ text: String) -> String {
      text.prefix(1).uppercased() + text.dropFirst() + (text.hasSuffix(".") ? "" : ".")
    }
  }

  /// The folder's database, sound and of today's schema.
  struct StoreSource {
    let connection: Connection
    let facts: RecordFacts

    init(_ folder: DataFolder) throws(StartFailure) {
      do throws(StoreFailure) {
        if let odd = DatabaseFiles.odd(at: folder.database) { throw StoreFailure(code: 0, message: odd) }
        connection = try Connection(folder.database, .reader)
        guard try Migrations.version(of: connection) == Migrations.steps.count else {
          throw StoreFailure(
            code: 0,
            message: "it is of another version than this program; start the server once with this one")
        }
        try DatabaseFacts.verifyPages(connection)
        try DatabaseFacts.verifyRows(connection)
        facts = try RecordFacts(connection)
        let adopted = try Statement(connection, "SELECT 1 FROM account WHERE issuer = '' LIMIT 1")
        guard try adopted.first([], { $0.int(0) }) == nil else {
          throw StoreFailure(
            code: 0, message: "its accounts are of an older version; start the server once with this one")
        }
      } catch {
        throw StartFailure("the database \(folder.database) cannot be moved: \(error)")
      }
    }

    /// - Parameter mark: where the page before ended; nil: from the first row on.
    func page(_ table: StoreTable, after mark: [Statement.Value]?, limit: Int) throws(StoreFailure)
      -> (rows: [[Statement.Value]], mark: [Statement.Value]?)
    {
      let rows = try Statement(connection, table.pageText(isFirst: mark == nil))
        .all((mark ?? []) + [.int(limit)]) { (values: table.values($0), mark: table.mark($0)) }
      return (rows.map(\.values), rows.count == limit ? rows.last?.mark : nil)
    }

    /// The highest number that a row of the table ever had.
    func highest(_ table: String) throws(StoreFailure) -> Int64 {
      let kept = try Statement(
        connection, "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = ?), 0)"
      ).first([.text(table)]) { $0.int64(0) }
      guard table == "account" else { return kept ?? 0 }
      return try DatabaseFacts.meta("next_account", connection).flatMap { Int64($0) } ?? 0
    }
  }

  /// One run. One thread.
  struct StoreCopy {
    /// Rows that are in memory at a time.
    static let pageRows = 4_000
    /// Milliseconds that one statement may take: the commit of much may be slow.
    private static let patience = 600_000

    let source: StoreSource
    let target: PostgresConnection
    let folder: DataFolder
    let progress: (StoreMigration.Progress) -> Void

    init(
      _ source: StoreSource, _ address: PostgresAddress, _ folder: DataFolder,
      _ progress: @escaping (StoreMigration.Progress) -> Void
    ) {
      (self.source, self.folder, self.progress) = (source, folder, progress)
      target = PostgresConnection(address, PostgresSession(name: "seatcast migrate"))
      target.patience = Self.patience
    }

    func run() throws(StartFailure) -> StoreMigration.Report {
      defer { target.close() }
      try PostgresStorage.bring(target)
      do throws(StoreFailure) {
        try begin()
        let wasThere = try hasSource()
        if !wasThere {
          for table in StoreTable.all { try copy(table) }
          try advanceNumbers()
        }
        var tables: [StoreMigration.Report.Table] = []
        for table in StoreTable.all { tables.append(try verify(table)) }
        try commit()
        return StoreMigration.Report(
          target: target.address.description, epoch: source.facts.epoch, tables: tables, wasThere: wasThere)
      } catch {
        throw StartFailure("the database could not be moved, and the target is as it was: \(error)")
      }
    }

    /// Keeps nodes from starting on the target, and makes sure that none runs.
    private func begin() throws(StoreFailure) {
      // Between two of its statements, SQLite may be read for a while.
      try target.execute("SET idle_in_transaction_session_timeout = 0; SET lock_timeout = '10s'")
      _ = try target.run("BEGIN")
      _ = try target.run("LOCK TABLE meta IN ACCESS EXCLUSIVE MODE")
      let nodes = try target.run(
        """
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE 'seatcast %' AND pid <> pg_backend_pid()
        """
      ).first { $0.int(0) }
      guard nodes == 0 else { throw StoreFailure(code: 0, message: "a node of seatcast works on the target") }
    }

    /// Whether a run before this one has finished the copy. It is an error when the target has other rows.
    private func hasSource() throws(StoreFailure) -> Bool {
      func meta(_ name: String) throws(StoreFailure) -> String? {
        try target.run("SELECT value FROM meta WHERE name = $1", [.text(name)]).first { $0.text(0) }
      }
      if try meta(RecordFacts.epochName) == source.facts.epoch,
        try meta(RecordFacts.recordName) == source.facts.record
      {
        return true
      }
      for table in StoreTable.all.dropFirst() {
        let hasRows = try target.run("SELECT EXISTS (SELECT 1 FROM \(table.name))").first { $0.bool(0) }
        guard hasRows == false else {
          throw StoreFailure(
            code: 0,
            message: "the target has rows already (in the table \(table.name)); give an empty database")
        }
      }
      // A node that was started on it, and sold nothing, made itself an epoch.
      _ = try target.run("DELETE FROM meta")
      return false
    }

    private func copy(_ table: StoreTable) throws(StoreFailure) {
      let insert = PostgresStatement(table.insertText)
      var (mark, count): ([Statement.Value]?, Int) = (nil, 0)
      repeat {
        let page = try source.page(table, after: mark, limit: Self.pageRows)
        if !page.rows.isEmpty { _ = try target.run(insert, table.parameters(page.rows)) }
        (mark, count) = (page.mark, count + page.rows.count)
        progress(.copied(table: table.name, rows: count))
      } while mark != nil
    }

    /// Of tables whose rows may be gone and whose numbers are not given again.
    private static let sequences = [
      ("event", "event_id_seq"), ("waiting", "waiting_number"), ("account", "account_number"),
      ("service_token", "service_token_id_seq"), ("audit", "audit_id_seq"),
    ]

    /// No number that a row ever had is given again.
    private func advanceNumbers() throws(StoreFailure) {
      try PostgresSchema.advanceNumbers(target)
      for (table, sequence) in Self.sequences {
        let highest = try source.highest(table)
        _ = try target.run(
          "SELECT setval('\(sequence)', greatest((SELECT last_value FROM \(sequence)), $1), true)",
          [.int(highest)])
      }
    }

    /// Holds every row of the source against the target's, and their numbers.
    private func verify(_ table: StoreTable) throws(StoreFailure) -> StoreMigration.Report.Table {
      let lookup = PostgresStatement(table.lookupText)
      var (ours, theirs) = (TableDigest(), TableDigest())
      var mark: [Statement.Value]?
      repeat {
        let page = try source.page(table, after: mark, limit: Self.pageRows)
        let copies = try target.run(lookup, table.parameters(page.rows, onlyKeys: true)).all(table.values)
        for (place, row) in page.rows.enumerated() {
          ours.add(row)
          if place < copies.count { theirs.add(copies[place]) }
          guard ours == theirs else {
            throw StoreFailure(
              code: StoreFailure.corrupt,
              message: "the row \(table.name(of: row)) is not the same on both sides")
          }
        }
        mark = page.mark
        progress(.verified(table: table.name, rows: ours.rows))
      } while mark != nil
      let count = try target.run("SELECT count(*) FROM \(table.name)").first { $0.int(0) }
      guard count == ours.rows else {
        throw StoreFailure(
          code: StoreFailure.corrupt,
          message: "the target's table \(table.name) has \(count ?? 0) rows and not \(ours.rows)")
      }
      return StoreMigration.Report.Table(name: table.name, rows: ours.rows, digest: ours.text)
    }

    /// The mark comes first: when it is not known whether the commit took effect, the folder must not sell.
    private func commit() throws(StoreFailure) {
      var mark = MovedMark(isDone: false, target: target.address.description)
      func keep() throws(StoreFailure) {
        do throws(StartFailure) { try mark.keep(in: folder) } catch {
          throw StoreFailure(code: 0, message: error.description)
        }
      }
      try keep()
      _ = try target.run("COMMIT")
      mark.isDone = true
      try keep()
      // The first plans would be made as if the tables were empty.
      _ = try? target.run("ANALYZE")
    }
  }
#endif
