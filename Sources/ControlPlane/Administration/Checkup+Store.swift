// What `seatcast doctor` asks a database that nodes share. Blocks.

extension Checkup {
  public struct SharedStoreState: Sendable, Equatable {
    /// Of PostgreSQL.
    public var version: String
    /// Without a password.
    public var address: String
    /// By how many milliseconds the database's clock is before the machine's.
    public var clockOffset: Int64
  }

  public static func store(at url: String) throws(StartFailure) -> SharedStoreState {
    #if Cluster
      let address = try PostgresAddress(url)
      do throws(StoreFailure) {
        let connection = PostgresConnection(
          address, PostgresSession(name: "seatcast doctor", isReadOnly: true))
        let version = try connection.run("SELECT current_setting('server_version')").first { $0.text(0) }
        let clock = try PostgresNodeBoard(address, node: "doctor").readClock(by: SystemClock())
        return SharedStoreState(
          version: version ?? "", address: address.description, clockOffset: clock.offset)
      } catch {
        throw StartFailure("cannot open the database \(address.description): \(error)")
      }
    #else
      throw StartFailure(NodeAccess.absence)
    #endif
  }
}
