#if Cluster
  // The ledger over PostgreSQL beside the model of LedgerModelTests. Commits that fail do so in the database, at the very end.

  import TestSupport
  import Testing

  @testable import ControlPlane

  @Suite(
    "Ledger over PostgresBookingStore against a model",
    .enabled(if: PostgresServer.isInstalled, Comment(rawValue: PostgresServer.absence)))
  struct PostgresLedgerTests {
    @Test(
      "never oversold, no gap in seq, nothing lost, whatever comes", arguments: 21...26 as ClosedRange<UInt64>
    )
    func randomStreams(seed: UInt64) throws { try LedgerModel.run(PostgresLedgerRig(), seed: seed) }

    @Test("a ledger that starts again has what was committed")
    func restart() throws {
      let rig = try PostgresLedgerRig()
      try LedgerModel.run(rig, seed: 31)
      let again = try rig.start(node: "b")
      #expect(again.events == rig.ledger.events)
      #expect(again.events.keys.allSatisfy { again.waiting[$0] == rig.ledger.waiting[$0] })
    }
  }

  final class PostgresLedgerRig: ModelRig {
    let clock = ScriptedClock(milliseconds: 1_700_000_000_000)
    let stage = Stage()
    let metrics = ControlMetrics()
    let url: String
    private(set) var ledger: Ledger
    /// Of nobody's batches.
    private let other: PostgresConnection
    private let cipher: BookingIDCipher

    init() throws {
      url = try PostgresServer.shared().createDatabase()
      let store = try PostgresStores.open(url, node: "a")
      cipher = store.cipher
      ledger = try Self.ledger(store, stage, clock, metrics)
      other = PostgresConnection(try PostgresAddress(url), .follower("other"))
      try other.execute(
        """
        CREATE TABLE script (fails boolean); INSERT INTO script VALUES (false);
        CREATE FUNCTION fail_when_told() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          IF (SELECT fails FROM script) THEN RAISE EXCEPTION 'the script says so'; END IF;
          RETURN NULL;
        END $$;
        CREATE CONSTRAINT TRIGGER fail AFTER INSERT OR UPDATE OR DELETE ON event
          DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail_when_told();
        """)
    }

    /// Another ledger on the same database.
    func start(node: String) throws -> Ledger {
      try Self.ledger(PostgresStores.open(url, node: node), Stage(), clock, ControlMetrics())
    }

    private static func ledger(
      _ store: PostgresBookingStore, _ stage: Stage, _ clock: ScriptedClock, _ metrics: ControlMetrics
    ) throws -> Ledger {
      try Ledger(
        store,
        Ledger.Dependencies(
          notices: stage, replies: stage, texts: PlainTexts(),
          encoder: OutcomeReplies(observer: IncidentList()), events: CommittedEvents(),
          observer: IncidentList(), clock: clock, metrics: metrics))
    }

    func failCommits(_ fails: Bool) throws { _ = try other.run("UPDATE script SET fails = \(fails)") }

    func makeEvent(capacity: Int, _ change: (inout EventDraft) -> Void) throws -> Event {
      var draft = EventDraft(name: "Event", seatCapacity: capacity)
      change(&draft)
      let question = Question<Event>()
      ledger.perform([.createEvent(draft, question.answering)])
      return try question.result()
    }

    func storedBookings() throws -> [BookingOutcome] {
      try other.run("SELECT \(BookingRow.columns) FROM \(BookingRow.join) ORDER BY b.id")
        .all { BookingRow.decode($0, cipher) }.compactMap { $0 }
    }

    func storedEvent(_ id: EventID) throws -> Event? {
      try other.run("SELECT \(EventRow.columns) FROM event WHERE id = \(id.rawValue)").first(EventRow.decode)
    }

    func log(_ event: Event) throws -> [Notice] {
      try other.run(
        "SELECT \(NoticeRow.columns) FROM \(NoticeRow.join) WHERE n.event_id = \(event.id.rawValue) ORDER BY n.seq"
      ).all { NoticeRow.decode($0, cipher) }.compactMap { $0 }
    }
  }
#endif
