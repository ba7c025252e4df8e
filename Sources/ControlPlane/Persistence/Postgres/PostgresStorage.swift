#if Cluster
  // A PostgreSQL database that is open: what the plane's threads get their sessions from. The node's own files (keys, the
  // administrator's socket) stay in its data folder.

  final class PostgresStorage: Storage {
    let folder: DataFolder
    let epoch: String
    let cipher: BookingIDCipher
    let record: RecordFacts
    let address: PostgresAddress
    /// What the database knows this node by.
    let node: String

    private init(_ folder: DataFolder, _ address: PostgresAddress, node: String, _ facts: RecordFacts) {
      (self.folder, self.address, self.node) = (folder, address, node)
      (epoch, cipher, record) = (facts.epoch, facts.cipher, facts)
    }

    /// Brings the schema up to date, and makes the database's own numbers when nobody has.
    /// - Parameter node: unlike every other node's.
    static func open(
      _ folder: DataFolder, _ address: PostgresAddress, node: String, _ identifiers: any IdentifierSource
    ) throws(StartFailure) -> PostgresStorage {
      let connection = PostgresConnection(address, .writer(node))
      defer { connection.close() }
      try bring(connection)
      do throws(StoreFailure) {
        return PostgresStorage(
          folder, address, node: node, try PostgresSchema.facts(connection, identifiers))
      } catch {
        throw sentence(.store(error), address)
      }
    }

    static func bring(_ connection: PostgresConnection) throws(StartFailure) {
      do throws(MigrationFailure) { try PostgresSchema.bring(connection) } catch {
        throw sentence(error, connection.address)
      }
    }

    func openReader() throws(StartFailure) -> any ReadStore {
      PostgresReadStore(PostgresConnection(address, .reader(node)), cipher: cipher)
    }

    func openRecord() throws(StartFailure) -> any RecordSource {
      PostgresRecordSource(PostgresConnection(address, .reader(node)), facts: record)
    }

    /// What others commit from now on. To be made before the events are read, so that nothing falls in between.
    func openChanges() throws(StartFailure) -> PostgresChangeSource {
      do throws(StoreFailure) {
        let source = try PostgresChangeSource(PostgresConnection(address, .changes(node)), node: node)
        _ = try source.read()
        return source
      } catch {
        throw Self.sentence(.store(error), address)
      }
    }

    /// The record of a database on which nodes may run; nothing is made or brought up to date.
    static func record(of url: String) throws(StoreFailure) -> any RecordSource {
      let address: PostgresAddress
      do throws(StartFailure) { address = try PostgresAddress(url) } catch {
        throw StoreFailure(code: 0, message: error.description)
      }
      let connection = PostgresConnection(address, PostgresSession(name: "seatcast record", isReadOnly: true))
      guard try PostgresSchema.version(of: connection) == PostgresSchema.steps.count else {
        throw StoreFailure(code: 0, message: "the database is of another version than this program")
      }
      return PostgresRecordSource(connection, facts: try RecordFacts(connection))
    }

    static func sentence(_ failure: MigrationFailure, _ address: PostgresAddress) -> StartFailure {
      switch failure {
      case .newer(let version, let known):
        StartFailure(
          "the database \(address.description) was written by a newer seatcast (schema \(version), this one knows"
            + " \(known))")
      case .older:
        StartFailure(
          "the database \(address.description) was written by an older seatcast; start a node once, which brings it"
            + " up to date")
      case .store(let failure):
        StartFailure("cannot open the database \(address.description): \(failure)")
      }
    }
  }
#endif
