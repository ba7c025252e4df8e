#if Cluster
  // The writer of a node over PostgreSQL. The ledger's thread only. A batch is two round trips: `begin(needs)` locks its events and
  // reads what the batch will look at (PostgresBookingStore+Shared.swift); what it decides is gathered (PostgresWrites) and sent
  // with the COMMIT. It decides nothing: the ledger has the rules, and the schema's CHECKs refuse what a fault in them would
  // let pass.
  //
  // Locks are taken in one order on all nodes: events by their numbers, when the batch begins; then, with the commit, new accounts
  // and keys, each sorted. An event that turns out to be needed later is locked late, which may be out of order: then PostgreSQL
  // ends one of the two transactions, and its batch is tried again.

  final class PostgresBookingStore: BookingStore {
    let connection: PostgresConnection
    /// This node's name: what it watches and tells is its own.
    let node: String
    let cipher: BookingIDCipher
    private(set) lazy var records: any RecordStore = PostgresRecordStore(self)

    /// Up to which change each event was told to the ledger, or written by it.
    var revisions: [EventID: Int64] = [:]
    /// Events that limit what one user may have: whose seats are counted at the beginning of a batch.
    var limited: Set<EventID> = []
    var transaction: Transaction?
    var bookingNumbers = NumberBlocks(size: PostgresSchema.bookingBlock)
    var accountNumbers = NumberBlocks(size: PostgresSchema.accountBlock)
    /// Places in waiting lists and bookings that the last transaction made: the next one may make as many.
    var lastJoins = 0
    var lastBookings = 0
    /// The connection that holds the lease of the leader.
    var leaseGeneration = 0
    private var generation = 0
    var mayHaveExpiredKeys = true
    var keysSinceTidying = 0
    let mostLogouts: Int

    /// One that is open.
    struct Transaction {
      /// By event that is locked, its revision before.
      var locked: [EventID: Int64] = [:]
      /// Events that this transaction deletes.
      var deleted: Set<EventID> = []
      var writes = PostgresWrites()
      var view = PostgresView()
      /// Drawn while the events were locked.
      var waitingNumbers: ArraySlice<Int64> = []
      var joins = 0
      var bookings = 0
      var keys = 0
      /// What it can only be rolled back for.
      var failure: StoreFailure?
    }

    /// - Parameter logoutCapacity: log-outs of one issuer that are kept one by one.
    init(
      _ connection: PostgresConnection, node: String, cipher: BookingIDCipher,
      logoutCapacity: Int = Revocations.capacity
    ) {
      self.connection = connection
      self.node = node
      self.cipher = cipher
      mostLogouts = logoutCapacity
    }

    var shared: (any SharedStore)? { self }

    // MARK: The transaction

    func begin() throws(StoreFailure) { _ = try begin(BatchNeeds()) }

    /// Everything that is not sent yet goes with it. When the answer is lost, whether it took effect is found by the next look
    /// at its events.
    func commit() throws(StoreFailure) {
      guard var open = transaction else { return }
      if let failure = open.failure { throw failure }
      try attempt { () throws(StoreFailure) in
        try open.writes.queue(connection, node: node, open.locked)
        if open.writes.concernsOthers {
          try connection.queue(Statements.notify, [.text(PostgresSchema.channel), .text(node)])
        }
        try connection.queue(Statements.commit)
        // The server answers a COMMIT of a transaction that has failed without a failure.
        guard try connection.flush().last?.command == "COMMIT" else {
          throw StoreFailure(code: StoreFailure.refused, message: "the transaction had failed before its end")
        }
      }
      transaction = nil
      (lastJoins, lastBookings) = (open.joins, open.bookings)
      keysSinceTidying += open.keys
      for event in open.writes.touched { revisions[event] = (open.locked[event] ?? 0) + 1 }
      for event in open.deleted { revisions[event] = nil }
    }

    func rollback() {
      transaction = nil
      guard connection.isInTransaction else { return }
      do throws(StoreFailure) {
        _ = try connection.run(Statements.rollback)
      } catch {
        connection.close()
      }
    }

    /// After a failure nothing is known of any event, and an open transaction can only be rolled back.
    func attempt<Value>(_ body: () throws(StoreFailure) -> Value) throws(StoreFailure) -> Value {
      do throws(StoreFailure) {
        return try body()
      } catch {
        var failure = error
        // Two nodes wrote a row that only one may write: the other's is there when the batch is tried again.
        if transaction != nil, failure.state == "23505" { failure.isContention = true }
        revisions = [:]
        transaction?.failure = failure
        throw failure
      }
    }

    /// One statement now, after what is not written yet.
    func run(_ statement: PostgresStatement, _ parameters: PostgresParameters) throws(StoreFailure)
      -> PostgresResult
    {
      if let failure = transaction?.failure { throw failure }
      return try attempt { () throws(StoreFailure) in
        if transaction != nil { try queueWrites() } else { try connect() }
        try connection.queue(statement, parameters)
        guard let result = try connection.flush().last else {
          throw StoreFailure(code: StoreFailure.unreachable, message: "the database gave no answer")
        }
        return result
      }
    }

    func run(_ statement: PostgresStatement, _ values: [Statement.Value] = []) throws(StoreFailure)
      -> PostgresResult
    {
      try run(statement, PostgresParameters(values))
    }

    private func queueWrites() throws(StoreFailure) {
      guard let revisions = transaction?.locked else { return }
      try transaction?.writes.queue(connection, node: node, revisions)
    }

    /// A connection that was made anew may be to another server, which has lost the last commits.
    func connect() throws(StoreFailure) {
      try connection.connect()
      guard generation != connection.generation else { return }
      generation = connection.generation
      revisions = [:]
    }

    /// Its revision will be raised. Events that were not locked when the transaction began are locked now.
    func touch(_ event: EventID) throws(StoreFailure) {
      if transaction == nil { try begin() }
      if transaction?.locked[event] == nil {
        let result = try run(Statements.lock, [.int(event.rawValue)])
        guard let revision = result.first({ $0.int64(0) }) else {
          // An event that is deleted still has bookings, which an administrator may cancel.
          return
        }
        transaction?.locked[event] = revision
      }
      transaction?.writes.touch(event)
    }

    // MARK: Events

    /// The schema refuses an event whose numbers contradict each other, so one that does was written by nobody of us.
    func allEvents() throws(StoreFailure) -> [Event] {
      let rows = try run(Statements.allEvents).all {
        (event: EventRow.decode($0), revision: $0.int64(PostgresEventRow.count))
      }
      for (event, revision) in rows {
        guard EventRow.isSound(event) else {
          throw StoreFailure(
            code: StoreFailure.corrupt, message: "the row of event \(event.id.rawValue) contradicts itself")
        }
        learn(event, revision)
      }
      return rows.map(\.event)
    }

    func learn(_ event: Event, _ revision: Int64) {
      revisions[event.id] = revision
      noteLimits(event, event.id)
    }

    private func noteLimits(_ event: Event, _ id: EventID) {
      let isLimited = event.maxPerUser > 0 || event.types.contains { $0.maxPerUser > 0 }
      if isLimited { limited.insert(id) } else { limited.remove(id) }
    }

    func insert(_ event: Event) throws(StoreFailure) -> EventID {
      if transaction == nil { try begin() }
      let id = EventID(try run(Statements.insertEvent, EventRow.values(event)).first { $0.int64(0) } ?? 0)
      transaction?.locked[id] = 0
      transaction?.writes.touch(id)
      transaction?.writes.made(event, id: id)
      noteLimits(event, id)
      return id
    }

    func save(_ event: Event) throws(StoreFailure) {
      try touch(event.id)
      noteLimits(event, event.id)
      transaction?.writes.save(event)
    }

    func saveCounts(of event: EventID, _ counts: Event.Counts) throws(StoreFailure) {
      try touch(event)
      transaction?.writes.saveCounts(of: event, counts)
    }

    func delete(_ event: EventID) throws(StoreFailure) {
      try touch(event)
      transaction?.writes.forget(event)
      transaction?.deleted.insert(event)
      _ = try run(Statements.deleteEvent, [.int(event.rawValue)])
    }

    func hasBookings(_ event: EventID) throws(StoreFailure) -> Bool {
      try run(Statements.hasBookings, [.int(event.rawValue)]).first { $0.bool(0) } ?? false
    }

    // MARK: Bookings

    func insertBooking(
      event: EventID, user: UserID, subject: Subject, quantity: Int, at: Instant, seq: UInt64,
      heldUntil: Instant?, type: Int?
    ) throws(StoreFailure) -> Booking {
      try touch(event)
      let id = BookingID(try take(&bookingNumbers, Statements.bookingNumbers))
      guard let publicID = cipher.publicID(of: id) else {
        throw StoreFailure(code: StoreFailure.full, message: "all 2^40 booking numbers are used")
      }
      let booking = Booking(
        id: id, publicID: publicID, event: event, user: user, subject: subject, quantity: quantity,
        type: type, status: heldUntil == nil ? .confirmed : .held, createdAt: at, createdSeq: seq,
        expiresAt: heldUntil)
      transaction?.writes.add(booking)
      transaction?.view.insert(booking)
      transaction?.bookings += 1
      return booking
    }

    /// The next of the numbers that this node has taken, or of new ones.
    private func take(_ numbers: inout NumberBlocks, _ statement: PostgresStatement) throws(StoreFailure)
      -> Int64
    {
      if let number = numbers.take() { return number }
      numbers.add(try run(statement, [.int(1)]).all { $0.int64(0) })
      guard let number = numbers.take() else {
        throw StoreFailure(code: StoreFailure.corrupt, message: "a sequence gave no number")
      }
      return number
    }

    func saveEnd(
      of booking: BookingID, _ status: BookingStatus, at: Instant, seq: UInt64
    ) throws(StoreFailure) {
      try touch(eventOf: booking)
      transaction?.writes.end(booking, status, at: at, seq: seq)
      transaction?.view.end(booking, status, at: at, seq: seq)
    }

    func saveConfirmation(of booking: BookingID, at: Instant) throws(StoreFailure) {
      try touch(eventOf: booking)
      transaction?.writes.confirm(booking, at: at)
      transaction?.view.confirm(booking)
    }

    func saveExtension(of booking: Booking, at: Instant) throws(StoreFailure) {
      try touch(booking.event)
      transaction?.writes.extend(booking, at: at)
      transaction?.view.extend(booking)
    }

    private func touch(eventOf booking: BookingID) throws(StoreFailure) {
      if transaction == nil { try begin() }
      guard let outcome = try self.booking(booking) else { return }
      try touch(outcome.booking.event)
    }

    func booking(_ id: PublicBookingID) throws(StoreFailure) -> BookingOutcome? {
      guard let id = cipher.id(of: id) else { return nil }
      return try booking(id)
    }

    func booking(_ id: BookingID) throws(StoreFailure) -> BookingOutcome? {
      if let known = transaction?.view.bookings[id] { return known }
      let found =
        try run(Statements.booking, [.int(id.rawValue)])
        .first { BookingRow.decode($0, cipher) } ?? nil
      transaction?.view.set(found, of: id)
      return found
    }

    func allHolds() throws(StoreFailure) -> [(event: EventID, hold: Hold)] {
      try run(Statements.allHolds).all {
        (EventID($0.int64(0)), Hold(expiresAt: $0.instant(1), booking: BookingID($0.int64(2))))
      }
    }

    func holds(of event: EventID) throws(StoreFailure) -> [Hold] {
      try run(Statements.holdsOfEvent, [.int(event.rawValue)]).all {
        Hold(expiresAt: $0.instant(0), booking: BookingID($0.int64(1)))
      }
    }

    func bookings(
      madeIn event: EventID, after seq: UInt64, through last: UInt64
    ) throws(StoreFailure) -> [BookingOutcome] {
      let values: [Statement.Value] = [
        .int(event.rawValue), .int(Int64(clamping: seq)), .int(Int64(clamping: last)),
      ]
      let found = try run(Statements.bookingsMade, values).all { BookingRow.decode($0, cipher) }
        .compactMap { $0 }
      for outcome in found { transaction?.view.set(outcome, of: outcome.booking.id) }
      return found
    }

    func seats(of user: UserID, in event: EventID) throws(StoreFailure) -> Int {
      if let known = transaction?.view.seats(of: user, in: event, type: nil) { return known }
      return try run(Statements.seatsOfUser, [.int(user.rawValue), .int(event.rawValue)])
        .first { $0.int(0) } ?? 0
    }

    func seats(of user: UserID, in event: EventID, type: Int) throws(StoreFailure) -> Int {
      if let known = transaction?.view.seats(of: user, in: event, type: type) { return known }
      let values: [Statement.Value] = [.int(user.rawValue), .int(event.rawValue), .int(type)]
      return try run(Statements.seatsOfUserAndType, values).first { $0.int(0) } ?? 0
    }

    // MARK: Waiting lists

    func allWaiting() throws(StoreFailure) -> [WaitingEntry] {
      try run(Statements.allWaiting).all(PostgresWaitingRow.decode)
    }

    func insertWaiting(
      event: EventID, user: UserID, quantity: Int, type: Int?, at: Instant
    ) throws(StoreFailure) -> Int64 {
      try touch(event)
      if transaction?.waitingNumbers.isEmpty ?? true {
        let count = min(256, max(8, (transaction?.joins ?? 0) * 2))
        let numbers = try run(Statements.waitingNumbers, [.int(count)]).all { $0.int64(0) }
        transaction?.waitingNumbers = numbers[...]
      }
      guard let id = transaction?.waitingNumbers.popFirst() else {
        throw StoreFailure(code: StoreFailure.corrupt, message: "a sequence gave no number")
      }
      transaction?.joins += 1
      let entry = WaitingEntry(
        id: id, event: event, user: .local(0), quantity: quantity, type: type, joinedAt: at)
      transaction?.writes.add(entry, of: user)
      return id
    }

    func deleteWaiting(_ entry: WaitingEntry, _ change: WaitingChange, at: Instant) throws(StoreFailure) {
      try touch(entry.event)
      transaction?.writes.delete(entry, change, at: at)
    }

    func deleteWaiting(of event: EventID, at: Instant) throws(StoreFailure) {
      if transaction?.deleted.contains(event) != true { try touch(event) }
      transaction?.writes.deleteWaiting(of: event, at: at)
    }

    // MARK: Notices

    func append(_ notice: Notice, booking: BookingID?) throws(StoreFailure) {
      let kind =
        switch notice.change {
        case .bookingCreated: NoticeRow.created
        case .bookingCancelled: NoticeRow.cancelled
        case .capacityChanged, .eventUpdated: NoticeRow.changed
        }
      if transaction?.deleted.contains(notice.event) != true { try touch(notice.event) }
      transaction?.writes.add(notice, kind, booking: booking)
      if let booking { transaction?.view.add(notice, booking: booking) }
    }

    // MARK: Idempotency keys

    func booking(forKey key: String, of user: UserID, since: ServiceTime) throws(StoreFailure)
      -> BookingOutcome?
    {
      let found: PostgresView.KeyFound?
      if let known = transaction?.view.found(key, of: user) {
        found = known
      } else {
        found = try run(Statements.bookingForKey, [.int(user.rawValue), .text(key)]).first(keyFound) ?? nil
        transaction?.view.set(found, of: key, user)
      }
      guard let found, found.at > since else {
        // It is in the way of the one that may be remembered now.
        if found != nil { transaction?.writes.forget(key: key, of: user) }
        return nil
      }
      return found.outcome
    }

    func keyFound(_ row: PostgresRow) -> PostgresView.KeyFound? {
      BookingRow.decode(row, cipher).map {
        PostgresView.KeyFound(
          outcome: $0, at: ServiceTime(milliseconds: row.number(PostgresBookingRow.count)))
      }
    }

    func remember(key: String, of user: UserID, booking: BookingID, at: ServiceTime) throws(StoreFailure) {
      if transaction == nil { try begin() }
      transaction?.writes.remember(key: key, of: user, booking: booking, at: at)
      transaction?.view.remember(key: key, of: user, booking: booking, at: at)
      transaction?.keys += 1
    }

    /// The database's clock, which goes on while no node runs, and is the same for all.
    func serviceTime() throws(StoreFailure) -> ServiceTime {
      ServiceTime(milliseconds: try databaseTime().milliseconds)
    }

    /// The database has a clock of its own.
    func save(_ served: ServiceTime) throws(StoreFailure) {}

    // MARK: Accounts. PostgresBookingStore+People.swift has the rest.

    func insert(_ identity: Identity, at moment: Instant) throws(StoreFailure) -> UserID {
      if transaction == nil { try begin() }
      let id = UserID(try take(&accountNumbers, Statements.accountNumbers))
      transaction?.writes.add(identity, id: id, at: moment)
      transaction?.view.insert(identity, id)
      return id
    }

    /// A number for an account that is inserted at once.
    func takeAccountNumber() throws(StoreFailure) -> Int64 {
      try take(&accountNumbers, Statements.accountNumbers)
    }
  }

  extension PostgresSchema {
    /// Of `NOTIFY`; the payload is the node whose commit it was.
    static let channel = "seatcast"
  }
#endif
