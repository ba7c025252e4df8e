#if Cluster
  import TestSupport
  import Testing

  @testable import ControlPlane

  @Suite(
    "Statements, WriteStatements and PostgresBookingRow",
    .enabled(if: PostgresServer.isInstalled, Comment(rawValue: PostgresServer.absence)))
  struct StatementsTests {
    private static let all = [
      Statements.begin, Statements.notify, Statements.time, Statements.lock, Statements.allEvents,
      Statements.insertEvent, Statements.deleteEvent, Statements.hasBookings, Statements.bookingNumbers,
      Statements.accountNumbers, Statements.waitingNumbers, Statements.booking, Statements.allHolds,
      Statements.holdsOfEvent, Statements.bookingsMade, Statements.seatsOfUser, Statements.seatsOfUserAndType,
      Statements.allWaiting, Statements.bookingForKey, Statements.sweepKeys, Statements.oldestFeed,
      Statements.forgetFeed, Statements.forgetNews, Statements.forgetDeleted, Statements.probe,
      Statements.endProbe, WriteStatements.accounts, WriteStatements.bookings, WriteStatements.extensions,
      WriteStatements.confirmations, WriteStatements.ends, WriteStatements.notices, WriteStatements.details,
      WriteStatements.forgetKeys, WriteStatements.keys, WriteStatements.madeEvent, WriteStatements.feed,
      WriteStatements.deleteWaiting, WriteStatements.waiting, WriteStatements.saveEvent,
      WriteStatements.saveCounts, WriteStatements.news,
    ]

    /// PostgresParameters sends nothing else, and the server would refuse an integer of another size when it is bound.
    @Test("every parameter is a bigint, a text, or an array of these")
    func parameters() throws {
      let store = try PostgresStores.open(PostgresServer.shared().createDatabase(), node: "a")
      for statement in Self.all where statement.number != Statements.begin.number {
        _ = try store.connection.run("PREPARE \(statement.name) AS \(statement.sql)")
      }
      let odd = try store.connection.run(
        """
        SELECT statement FROM pg_prepared_statements
        WHERE NOT parameter_types::text[] <@ ARRAY['bigint', 'text', 'bigint[]', 'text[]']
        """
      ).all { $0.text(0) }
      #expect(odd.isEmpty)
      #expect(Set(Self.all.map(\.number)).count == Self.all.count)
    }

    @Test("what follows the columns of a row is where it is looked for")
    func columns() {
      func count(_ columns: String) -> Int { columns.split(separator: ",").count }
      #expect(count(EventRow.columns) == Int(PostgresEventRow.count))
      #expect(count(PostgresEventRow.columns) == Int(PostgresEventRow.count))
      #expect(count(BookingRow.columns) == Int(PostgresBookingRow.count))
      #expect(count(PostgresBookingRow.columnsAsMade) == Int(PostgresBookingRow.count))
    }
  }
#endif
