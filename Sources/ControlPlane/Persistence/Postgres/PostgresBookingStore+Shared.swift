#if Cluster
  // What nodes that share a PostgreSQL database need of each other: the beginning of a batch, what others have changed, the lease of
  // the leader, the database's clock. docs/decisions/0044. The ledger's thread.

  extension PostgresBookingStore: SharedStore {
    /// One pipeline: BEGIN, the locks, what others have changed of the locked events, and what the batch will look up. Each
    /// statement sees what was committed before it began, so whatever comes after the locks sees their last holder's commit.
    func begin(_ needs: BatchNeeds) throws(StoreFailure) -> BatchStart {
      precondition(transaction == nil, "one transaction at a time")
      do throws(StoreFailure) {
        return try attempt { () throws(StoreFailure) in
          try connect()
          let look = Look(needs, self)
          try look.queue(self)
          let answers = try connection.flush()
          var open = Transaction()
          let start = look.take(answers, self, &open)
          transaction = open
          return start
        }
      } catch {
        rollback()
        throw error
      }
    }

    func look(_ more: BatchNeeds) throws(StoreFailure) {
      guard var open = transaction else { preconditionFailure("there is an open transaction") }
      let look = Look(more, self, isFirst: false)
      try look.queue(self)
      _ = look.take(try connection.flush(), self, &open)
      transaction = open
    }

    func changes(of events: [EventID]) throws(StoreFailure) -> [ForeignChange] {
      guard !events.isEmpty else { return [] }
      return try attempt { () throws(StoreFailure) in
        try connect()
        let ids = Array(Set(events))
        let known = known(ids)
        // One snapshot, so that an event and its waiting list are of one moment.
        try connection.queue(LookStatements.beginSnapshot)
        try connection.queue(LookStatements.existing, Look.parameters(ids))
        try connection.queue(LookStatements.changed, known)
        try connection.queue(LookStatements.changedLists, known)
        try connection.queue(Statements.commit)
        let answers = try connection.flush()
        guard answers.count == 5 else {
          throw StoreFailure(code: StoreFailure.unreachable, message: "the database gave no answer")
        }
        let existing = Set(answers[1].all { EventID($0.int64(0)) })
        return foreignChanges(answers[2], answers[3], gone: ids.filter { !existing.contains($0) })
      }
    }

    /// The parameters of statements that ask for events whose revision is another than the one that is known.
    func known(_ events: [EventID]) -> PostgresParameters {
      var parameters = PostgresParameters()
      parameters.add(events.map(\.rawValue))
      parameters.add(events.map { revisions[$0] ?? -1 })
      return parameters
    }

    /// Learns the revisions that it tells of.
    /// - Parameter gone: events that have no row; told when they were known.
    func foreignChanges(
      _ rows: PostgresResult, _ entries: PostgresResult, gone: [EventID]
    ) -> [ForeignChange] {
      var lists: [EventID: [WaitingEntry]] = [:]
      entries.forEach { row in
        let entry = PostgresWaitingRow.decode(row)
        lists[entry.event, default: []].append(entry)
      }
      var changes: [ForeignChange] = []
      rows.forEach { row in
        let (event, revision) = (EventRow.decode(row), row.int64(PostgresEventRow.count))
        guard revisions[event.id] != revision else { return }
        learn(event, revision)
        changes.append(
          ForeignChange(id: event.id, revision: revision, event: event, waiting: lists[event.id] ?? []))
      }
      for event in gone where revisions[event] != nil {
        revisions[event] = nil
        limited.remove(event)
        changes.append(ForeignChange(id: event, revision: 0, event: nil, waiting: []))
      }
      return changes
    }

    func note(_ event: EventID, revision: Int64) -> Bool {
      guard let known = revisions[event], known + 1 == revision else { return false }
      revisions[event] = revision
      return true
    }

    func revision(of event: EventID) -> Int64? { revisions[event] }

    func notices(
      of event: EventID, after seq: UInt64, through last: UInt64, limit: Int
    ) throws(StoreFailure) -> [Notice] {
      let values: [Statement.Value] = [
        .int(event.rawValue), .int(Int64(clamping: seq)), .int(Int64(clamping: last)), .int(limit),
      ]
      return try run(LookStatements.notices, values).all { NoticeRow.decode($0, cipher) }.compactMap { $0 }
    }

    func dueHolds(of event: EventID?, at now: Instant, limit: Int) throws(StoreFailure) -> [(
      event: EventID, hold: Hold
    )] {
      let rows =
        if let event {
          try run(
            LookStatements.dueHoldsOfEvent,
            [.int(event.rawValue), .instant(now), .int(limit)])
        } else {
          try run(LookStatements.dueHolds, [.instant(now), .int(limit)])
        }
      return rows.all {
        (EventID($0.int64(0)), Hold(expiresAt: $0.instant(1), booking: BookingID($0.int64(2))))
      }
    }

    func tell(_ news: [ClusterNews]) throws(StoreFailure) {
      guard !news.isEmpty else { return }
      if transaction == nil { try begin() }
      let now = try databaseTime()
      for item in news { transaction?.writes.add(item, at: now) }
    }

    /// By an advisory lock of this session. While it lasts everything that the leader does goes through it, so a statement that
    /// succeeds was the leader's.
    func leads() throws(StoreFailure) -> Bool {
      try attempt { () throws(StoreFailure) in try connect() }
      try verify()
      // Either may have found the session ended, and have begun another.
      if leaseGeneration == connection.generation, leaseGeneration > 0 { return true }
      let taken = try run(LookStatements.lead).first { $0.bool(0) } ?? false
      leaseGeneration = taken ? connection.generation : 0
      return taken
    }

    /// The database's clock, by which all nodes go.
    func databaseTime() throws(StoreFailure) -> Instant {
      try run(Statements.time).first { $0.instant(0) } ?? Instant(milliseconds: 0)
    }

    /// Milliseconds to add to this machine's clock to have the database's: of a few attempts the one with the shortest way.
    /// Wrong by half of that way at most. Outside of transactions.
    func clockOffset(_ clock: any Clock, attempts: Int = 3) throws(StoreFailure) -> Int64 {
      var best: (way: Int64, offset: Int64) = (.max, 0)
      for _ in 0..<max(1, attempts) {
        let (before, start) = (clock.now.milliseconds, clock.uptime)
        let time = try databaseTime().milliseconds
        let way = clock.uptime - start
        if way < best.way { best = (way, time - before - way / 2) }
      }
      return best.offset
    }
  }

  /// The questions of a batch's beginning, and where their answers are.
  private struct Look {
    /// Whether it begins the transaction and locks its events; otherwise they are locked.
    private let isFirst: Bool
    private let events: [EventID]
    private let bookings: [BookingID]
    private let erased: [Identity]
    private let identities: [Identity]
    private let keys: [BatchNeeds.IdempotencyKeyOf]
    /// Events whose seats are counted by user.
    private let counted: [EventID]
    private let blocks: (bookings: Int64, accounts: Int64)
    private let joins: Int

    init(_ needs: BatchNeeds, _ store: PostgresBookingStore, isFirst: Bool = true) {
      self.isFirst = isFirst
      events = Array(needs.events)
      bookings = needs.bookings.compactMap { store.cipher.id(of: $0) }
      erased = Array(needs.erased)
      keys = needs.keys
      identities = Array(needs.identities.union(needs.keys.map(\.identity)))
      counted = identities.isEmpty ? [] : events.filter { store.limited.contains($0) }
      // What is missing is drawn when it is needed, by a round trip more.
      let bookers = Int64(max(needs.keys.count, needs.identities.count, store.lastBookings)) + 64
      blocks = (
        Self.missing(store.bookingNumbers, of: bookers),
        identities.isEmpty ? 0 : Self.missing(store.accountNumbers, of: 16)
      )
      joins = isFirst ? min(256, store.lastJoins * 2) : 0
    }

    private static func missing(_ numbers: NumberBlocks, of wanted: Int64) -> Int64 {
      max(0, (wanted - numbers.count + numbers.size - 1) / numbers.size)
    }

    /// Whether the events that are locked are others than those that are named.
    private var isWide: Bool { !bookings.isEmpty || !erased.isEmpty }
    private var looksAtEvents: Bool { isFirst && (!events.isEmpty || isWide) }

    static func parameters(_ events: [EventID]) -> PostgresParameters {
      var parameters = PostgresParameters()
      parameters.add(events.map(\.rawValue))
      return parameters
    }

    private func add(_ people: [Identity], to parameters: inout PostgresParameters) {
      parameters.add(people.map { Optional($0.issuer) })
      parameters.add(people.map { Optional($0.subject.description) })
    }

    func queue(_ store: PostgresBookingStore) throws(StoreFailure) {
      let connection = store.connection
      if isFirst { try connection.queue(Statements.begin) }
      if looksAtEvents {
        var locks = Self.parameters(events)
        locks.add(.text(store.node))
        var known = store.known(events)
        if isWide {
          for index in 0..<2 {
            var wide = index == 0 ? locks : known
            wide.add(bookings.map(\.rawValue))
            add(erased, to: &wide)
            if index == 0 { locks = wide } else { known = wide }
          }
        }
        try connection.queue(isWide ? LookStatements.lockWide : LookStatements.lock, locks)
        try connection.queue(isWide ? LookStatements.changedWide : LookStatements.changed, known)
        try connection.queue(isWide ? LookStatements.changedListsWide : LookStatements.changedLists, known)
      }
      if !identities.isEmpty {
        var people = PostgresParameters()
        add(identities, to: &people)
        try connection.queue(LookStatements.identities, people)
        if !counted.isEmpty {
          people.add(counted.map(\.rawValue))
          try connection.queue(LookStatements.seats, people)
        }
      }
      if !keys.isEmpty {
        var parameters = PostgresParameters()
        add(keys.map(\.identity), to: &parameters)
        parameters.add(keys.map { Optional($0.key) })
        try connection.queue(LookStatements.keys, parameters)
      }
      if !bookings.isEmpty {
        var parameters = PostgresParameters()
        parameters.add(bookings.map(\.rawValue))
        try connection.queue(LookStatements.bookings, parameters)
      }
      if blocks.bookings > 0 { try connection.queue(Statements.bookingNumbers, [.int(blocks.bookings)]) }
      if blocks.accounts > 0 { try connection.queue(Statements.accountNumbers, [.int(blocks.accounts)]) }
      if joins > 0 { try connection.queue(Statements.waitingNumbers, [.int(joins)]) }
    }

    /// In the order of `queue`.
    func take(
      _ answers: [PostgresResult], _ store: PostgresBookingStore,
      _ open: inout PostgresBookingStore.Transaction
    ) -> BatchStart {
      var rest = answers[...]
      func next() -> PostgresResult {
        guard let answer = rest.popFirst() else { preconditionFailure("each question has an answer") }
        return answer
      }
      if isFirst { _ = next() }
      var start = BatchStart(changes: [], watchedElsewhere: [])
      if looksAtEvents {
        next().forEach { row in
          let event = EventID(row.int64(0))
          open.locked[event] = row.int64(1)
          if row.bool(2) { start.watchedElsewhere.insert(event) }
        }
        let rows = next()
        start.changes = store.foreignChanges(rows, next(), gone: events.filter { open.locked[$0] == nil })
      }
      if !identities.isEmpty {
        for identity in identities { open.view.set(nil, of: identity) }
        next().forEach { open.view.set(UserID($0.int64(1)), of: identities[$0.int(0) - 1]) }
        if !counted.isEmpty {
          open.view.coverSeats(of: Set(counted))
          next().forEach { row in
            open.view.setSeats(
              row.int(3), of: UserID(row.int64(0)), in: EventID(row.int64(1)),
              type: row.optionalInt64(2).map { Int($0) })
          }
        }
      }
      if !keys.isEmpty { takeKeys(next(), store, &open.view) }
      if !bookings.isEmpty {
        for booking in bookings { open.view.set(nil, of: booking) }
        for outcome in next().all({ BookingRow.decode($0, store.cipher) }).compactMap({ $0 }) {
          open.view.set(outcome, of: outcome.booking.id)
        }
      }
      if blocks.bookings > 0 { store.bookingNumbers.add(next().all { $0.int64(0) }) }
      if blocks.accounts > 0 { store.accountNumbers.add(next().all { $0.int64(0) }) }
      if joins > 0 { open.waitingNumbers = next().all { $0.int64(0) }[...] }
      return start
    }

    private func takeKeys(
      _ answer: PostgresResult, _ store: PostgresBookingStore, _ view: inout PostgresView
    ) {
      for key in keys {
        if case .some(.some(let user)) = view.userID(of: key.identity) { view.set(nil, of: key.key, user) }
      }
      answer.forEach { row in
        let key = keys[row.int(PostgresBookingRow.count + 1) - 1]
        view.set(store.keyFound(row), of: key.key, UserID(row.int64(2)))
      }
    }
  }

  private enum LookStatements {
    static let beginSnapshot = PostgresStatement("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    static let lead = PostgresStatement(
      "SELECT pg_try_advisory_lock(hashtextextended('seatcast leader ' || current_schema(), 0))")

    private static let watched =
      "EXISTS (SELECT 1 FROM interest i WHERE i.event_id = e.id AND i.node <> $2)"
    /// Events of bookings $3 and of the waiting lists in which the people $4, $5 are.
    private static let others = """
      SELECT b.event_id FROM booking b WHERE b.id = ANY ($3::bigint[])
      UNION ALL
      SELECT w.event_id FROM unnest($4::text[], $5::text[]) p (issuer, subject)
        JOIN account a ON a.issuer = p.issuer AND a.subject = p.subject JOIN waiting w ON w.user_id = a.id
      """
    static let lock = PostgresStatement(
      """
      SELECT e.id, e.revision, \(watched) FROM event e WHERE e.id = ANY ($1::bigint[])
      ORDER BY e.id FOR UPDATE OF e
      """)
    static let lockWide = PostgresStatement(
      """
      SELECT e.id, e.revision, \(watched) FROM event e
      WHERE e.id = ANY ($1::bigint[] || ARRAY(\(others))) ORDER BY e.id FOR UPDATE OF e
      """)

    private static let known = "unnest($1::bigint[], $2::bigint[]) k (id, revision)"
    private static let knownWide = """
      (SELECT * FROM \(known) UNION ALL SELECT o.event_id, -1 FROM (\(others)) o) k (id, revision)
      """
    private static func changed(_ known: String) -> PostgresStatement {
      PostgresStatement(
        """
        SELECT \(PostgresEventRow.columns), e.revision
        FROM \(known) JOIN event e ON e.id = k.id WHERE e.revision <> k.revision
        """)
    }
    private static func changedLists(_ known: String) -> PostgresStatement {
      PostgresStatement(
        """
        SELECT DISTINCT ON (w.id) \(PostgresWaitingRow.columns)
        FROM \(known) JOIN event e ON e.id = k.id JOIN waiting w ON w.event_id = e.id
          JOIN account a ON a.id = w.user_id
        WHERE e.revision <> k.revision ORDER BY w.id
        """)
    }
    static let changed = changed(known)
    static let changedWide = changed(knownWide)
    static let changedLists = changedLists(known)
    static let changedListsWide = changedLists(knownWide)
    static let existing = PostgresStatement("SELECT id FROM event WHERE id = ANY ($1::bigint[])")

    static let identities = PostgresStatement(
      """
      SELECT p.number, a.id
      FROM unnest($1::text[], $2::text[]) WITH ORDINALITY p (issuer, subject, number)
        JOIN account a ON a.issuer = p.issuer AND a.subject = p.subject
      """)
    static let seats = PostgresStatement(
      """
      SELECT b.user_id, b.event_id, b.type_id, sum(b.quantity)::bigint
      FROM unnest($1::text[], $2::text[]) p (issuer, subject)
        JOIN account a ON a.issuer = p.issuer AND a.subject = p.subject
        JOIN booking b ON b.user_id = a.id AND b.event_id = ANY ($3::bigint[])
      WHERE b.cancelled_seq IS NULL GROUP BY b.user_id, b.event_id, b.type_id
      """)
    static let keys = PostgresStatement(
      """
      SELECT \(PostgresBookingRow.columnsAsMade), k.at, p.number
      FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY p (issuer, subject, key, number)
        JOIN account a ON a.issuer = p.issuer AND a.subject = p.subject
        JOIN idempotency_key k ON k.user_id = a.id AND k.key = p.key
        JOIN booking b ON b.id = k.booking_id
        JOIN notice n ON n.event_id = b.event_id AND n.seq = b.created_seq
      """)
    static let bookings = PostgresStatement(
      "SELECT \(BookingRow.columns) FROM \(BookingRow.join) WHERE b.id = ANY ($1::bigint[])")

    static let notices = PostgresStatement(
      """
      SELECT \(NoticeRow.columns) FROM \(NoticeRow.join)
      WHERE n.event_id = $1 AND n.seq > $2 AND n.seq <= $3 ORDER BY n.seq LIMIT $4
      """)
    static let dueHolds = PostgresStatement(
      """
      SELECT event_id, held_until, id FROM booking WHERE state = 2 AND held_until <= $1
      ORDER BY held_until, id LIMIT $2
      """)
    static let dueHoldsOfEvent = PostgresStatement(
      """
      SELECT event_id, held_until, id FROM booking WHERE state = 2 AND event_id = $1 AND held_until <= $2
      ORDER BY held_until, id LIMIT $3
      """)
  }
#endif
