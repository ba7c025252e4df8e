#if Cluster
  // What the open transaction is going to write, column by column: it is sent as one statement for each table, however many rows
  // there are, and only when something must be read or the transaction ends.
  //
  // Rows that other nodes might write at the same time (accounts, keys) are sorted, so that two nodes wait for each other in one
  // order and never in a circle.

  struct PostgresWrites {
    private(set) var isEmpty = true
    /// Events that this transaction changes. They are locked.
    private(set) var touched: Set<EventID> = []
    /// Whether another node must be woken.
    private(set) var concernsOthers = false

    private var accounts: [(id: Int64, identity: Identity, at: Int64)] = []
    private var bookings = Bookings()
    private var extensions = Columns(3)
    private var confirmations = Columns(2)
    private var ends = Columns(4)
    private var notices = Notices()
    private var details: [[Statement.Value]] = []
    private var forgottenKeys: [(user: Int64, key: String)] = []
    private var keys: [(user: Int64, key: String, booking: Int64, at: Int64)] = []
    private var madeEvents: [[Statement.Value]] = []
    private var feed = Feed()
    private var events: [EventID: EventChange] = [:]
    private var waiting = WaitingRows()
    private var news: [(body: [UInt8], at: Int64)] = []
    private var audited: [[Statement.Value]] = []

    /// Numbers in columns of one length.
    struct Columns {
      var columns: [[Int64?]]
      init(_ count: Int) { columns = Array(repeating: [], count: count) }
      var isEmpty: Bool { columns[0].isEmpty }
      mutating func add(_ row: Int64?...) {
        for index in columns.indices { columns[index].append(row[index]) }
      }
    }

    private struct Bookings {
      var ids, events, users, quantities, moments, seqs, states: [Int64]
      var ends, types: [Int64?]
      init() {
        (ids, events, users, quantities, moments, seqs, states) = ([], [], [], [], [], [], [])
        (ends, types) = ([], [])
      }
    }

    private struct Notices {
      var events, seqs, kinds, available, capacities, moments: [Int64]
      var bookings: [Int64?]
      var types: [String?]
      init() {
        (events, seqs, kinds, available, capacities, moments) = ([], [], [], [], [], [])
        (bookings, types) = ([], [])
      }
    }

    private struct Feed {
      var rows = Columns(9)
      /// By event: the row that its next notice may share.
      var runs: [EventID: Int] = [:]
    }

    private struct WaitingRows {
      var entries: [(id: Int64, event: Int64, user: Int64, quantity: Int64, type: Int64?, at: Int64)] = []
      var deleted: [Int64] = []
      var deletedOf: [Int64] = []
    }

    private struct EventChange {
      var whole: Event?
      var counts: Event.Counts?
      var standing: Int64 = 0
    }

    // MARK: Gathering

    /// The event's revision will be raised.
    mutating func touch(_ event: EventID) {
      isEmpty = false
      concernsOthers = true
      touched.insert(event)
      if events[event] == nil { events[event] = EventChange() }
    }

    mutating func save(_ event: Event) {
      events[event.id, default: EventChange()].whole = event
      events[event.id]?.counts = nil
    }

    mutating func saveCounts(of event: EventID, _ counts: Event.Counts) {
      if events[event]?.whole != nil {
        events[event]?.whole?.counts = counts
      } else {
        events[event, default: EventChange()].counts = counts
      }
    }

    /// The row is gone.
    mutating func forget(_ event: EventID) { events[event] = nil }

    mutating func add(_ identity: Identity, id: UserID, at: Instant) {
      isEmpty = false
      accounts.append((id.rawValue, identity, at.milliseconds))
    }

    mutating func add(_ booking: Booking) {
      isEmpty = false
      bookings.ids.append(booking.id.rawValue)
      bookings.events.append(booking.event.rawValue)
      bookings.users.append(booking.user.rawValue)
      bookings.quantities.append(Int64(booking.quantity))
      bookings.moments.append(booking.createdAt.milliseconds)
      bookings.seqs.append(Int64(booking.createdSeq))
      bookings.states.append(Int64(booking.status.rawValue))
      bookings.ends.append(booking.expiresAt?.milliseconds)
      bookings.types.append(booking.type.map { Int64($0) })
    }

    mutating func end(_ booking: BookingID, _ status: BookingStatus, at: Instant, seq: UInt64) {
      isEmpty = false
      ends.add(booking.rawValue, Int64(status.rawValue), at.milliseconds, Int64(seq))
    }

    mutating func confirm(_ booking: BookingID, at: Instant) {
      isEmpty = false
      confirmations.add(booking.rawValue, at.milliseconds)
      addToFeed(.confirmed, booking.rawValue, at)
    }

    mutating func extend(_ booking: Booking, at: Instant) {
      isEmpty = false
      extensions.add(booking.id.rawValue, booking.expiresAt?.milliseconds, booking.extended)
      addToFeed(.extended, booking.id.rawValue, at)
    }

    mutating func add(_ notice: Notice, _ kind: Int, booking: BookingID?) {
      isEmpty = false
      notices.events.append(notice.event.rawValue)
      notices.seqs.append(Int64(notice.seq))
      notices.kinds.append(Int64(kind))
      notices.bookings.append(booking?.rawValue)
      notices.available.append(Int64(notice.availableSeats))
      notices.capacities.append(Int64(notice.seatCapacity))
      notices.moments.append(notice.at.milliseconds)
      notices.types.append(notice.types.isEmpty ? nil : TicketTypeText.text(notice.types))
      switch notice.change {
      case .bookingCreated: events[notice.event]?.standing += 1
      case .bookingCancelled: events[notice.event]?.standing -= 1
      case .eventUpdated(let changed): details.append(NoticeRow.values(changed, of: notice))
      case .capacityChanged: break
      }
      addToFeed(notice)
    }

    mutating func forget(key: String, of user: UserID) { forgottenKeys.append((user.rawValue, key)) }

    mutating func remember(key: String, of user: UserID, booking: BookingID, at: ServiceTime) {
      isEmpty = false
      keys.append((user.rawValue, key, booking.rawValue, at.milliseconds))
    }

    mutating func made(_ event: Event, id: EventID) {
      isEmpty = false
      madeEvents.append([
        .int(id.rawValue), .text(event.shown.rawValue), .text(event.name), .instant(event.startsAt),
        .instant(event.opensAt), .instant(event.closesAt), .int(event.maxPerBooking),
        .int(event.seatCapacity),
      ])
      addToFeed(.eventCreated, id.rawValue, event.createdAt)
    }

    mutating func add(_ entry: WaitingEntry, of user: UserID) {
      isEmpty = false
      let type = entry.type.map { Int64($0) }
      waiting.entries.append(
        (
          entry.id, entry.event.rawValue, user.rawValue, Int64(entry.quantity), type,
          entry.joinedAt.milliseconds
        ))
      addToFeed(
        .joined, entry.event, place: entry.id, user: user, Int64(entry.quantity), type, at: entry.joinedAt)
    }

    mutating func delete(_ entry: WaitingEntry, _ change: WaitingChange, at: Instant) {
      isEmpty = false
      if let index = waiting.entries.firstIndex(where: { $0.id == entry.id }) {
        waiting.entries.remove(at: index)
      } else {
        waiting.deleted.append(entry.id)
      }
      addToFeed(change, entry.event, place: entry.id, at: at)
    }

    mutating func deleteWaiting(of event: EventID, at: Instant) {
      isEmpty = false
      waiting.entries.removeAll { $0.event == event.rawValue }
      waiting.deletedOf.append(event.rawValue)
      addToFeed(.dismissed, event, place: nil, at: at)
    }

    mutating func add(_ item: ClusterNews, at: Instant) {
      isEmpty = false
      concernsOthers = true
      news.append((item.json, at.milliseconds))
    }

    mutating func audit(_ row: [Statement.Value]) {
      isEmpty = false
      audited.append(row)
    }

    // MARK: The feed. Its rows have no position yet; those of one event are in order.

    private mutating func addToFeed(_ notice: Notice) {
      let seq = Int64(notice.seq)
      if let run = feed.runs[notice.event], feed.rows.columns[2][run] == seq - 1 {
        feed.rows.columns[2][run] = seq
        feed.rows.columns[3][run]? += 1
      } else {
        feed.runs[notice.event] = feed.rows.columns[0].count
        addToFeed(FeedKind.notice.rawValue, notice.event.rawValue, seq)
      }
    }

    private mutating func addToFeed(_ kind: FeedKind, _ subject: Int64, _ moment: Instant) {
      // Whose booking it is is not known here, and what follows must stand behind it.
      feed.runs = [:]
      addToFeed(kind.rawValue, subject, moment.milliseconds)
    }

    private mutating func addToFeed(_ kind: Int64, _ subject: Int64, _ number: Int64) {
      concernsOthers = true
      feed.rows.add(kind, subject, number, 1, nil, nil, nil, nil, nil)
    }

    private mutating func addToFeed(
      _ change: WaitingChange, _ event: EventID, place: Int64?, user: UserID? = nil, _ quantity: Int64? = nil,
      _ type: Int64? = nil, at: Instant
    ) {
      feed.runs[event] = nil
      concernsOthers = true
      feed.rows.add(
        Self.waitingKind + change.rawValue, event.rawValue, 0, 1, place, user?.rawValue, quantity, type,
        at.milliseconds)
    }

    /// Added to a `WaitingChange` it is the kind of a row of `feed_pending`.
    static let waitingKind: Int64 = 100

    // MARK: Sending

    /// Queues everything. Which events are touched is kept.
    /// - Parameter revisions: those that the locked events have; each becomes one more.
    mutating func queue(_ connection: PostgresConnection, node: String, _ revisions: [EventID: Int64])
      throws(StoreFailure)
    {
      guard !isEmpty else { return }
      try queueAccounts(connection)
      try queueBookings(connection)
      try queueNotices(connection)
      try queueKeys(connection)
      for row in madeEvents { try connection.queue(WriteStatements.madeEvent, row) }
      if !feed.rows.isEmpty { try connection.queue(WriteStatements.feed, Self.parameters(feed.rows)) }
      try queueWaiting(connection)
      try queueEvents(connection, revisions)
      for row in audited { try connection.queue(PostgresRecordStore.addEntry, row) }
      for item in news {
        try connection.queue(
          WriteStatements.news,
          [.text(node), .text(String(decoding: item.body, as: UTF8.self)), .int(item.at)])
      }
      var sent = PostgresWrites()
      (sent.touched, sent.concernsOthers) = (touched, concernsOthers)
      for event in touched where events[event] != nil { sent.events[event] = EventChange() }
      self = sent
    }

    private static func parameters(_ rows: Columns) -> PostgresParameters {
      var parameters = PostgresParameters()
      for column in rows.columns { parameters.add(column) }
      return parameters
    }

    private func queueAccounts(_ connection: PostgresConnection) throws(StoreFailure) {
      guard !accounts.isEmpty else { return }
      let sorted = accounts.sorted { left, right in
        (left.identity.issuer, left.identity.subject.description)
          < (right.identity.issuer, right.identity.subject.description)
      }
      var parameters = PostgresParameters()
      parameters.add(sorted.map(\.id))
      parameters.add(sorted.map { Optional($0.identity.issuer) })
      parameters.add(sorted.map { Optional($0.identity.subject.description) })
      parameters.add(sorted.map(\.at))
      try connection.queue(WriteStatements.accounts, parameters)
    }

    private func queueBookings(_ connection: PostgresConnection) throws(StoreFailure) {
      if !bookings.ids.isEmpty {
        var parameters = PostgresParameters()
        for column in [
          bookings.ids, bookings.events, bookings.users, bookings.quantities, bookings.moments, bookings.seqs,
          bookings.states,
        ] {
          parameters.add(column)
        }
        parameters.add(bookings.ends)
        parameters.add(bookings.types)
        try connection.queue(WriteStatements.bookings, parameters)
      }
      for (rows, statement) in [
        (extensions, WriteStatements.extensions), (confirmations, WriteStatements.confirmations),
        (ends, WriteStatements.ends),
      ] where !rows.isEmpty {
        try connection.queue(statement, Self.parameters(rows))
      }
    }

    private func queueNotices(_ connection: PostgresConnection) throws(StoreFailure) {
      if !notices.events.isEmpty {
        var parameters = PostgresParameters()
        parameters.add(notices.events)
        parameters.add(notices.seqs)
        parameters.add(notices.kinds)
        parameters.add(notices.bookings)
        parameters.add(notices.available)
        parameters.add(notices.capacities)
        parameters.add(notices.moments)
        parameters.add(notices.types)
        try connection.queue(WriteStatements.notices, parameters)
      }
      for row in details { try connection.queue(WriteStatements.details, row) }
    }

    private struct KeyOfUser: Hashable {
      let user: Int64
      let key: String
    }

    private func queueKeys(_ connection: PostgresConnection) throws(StoreFailure) {
      if !forgottenKeys.isEmpty {
        var parameters = PostgresParameters()
        parameters.add(forgottenKeys.map(\.user))
        parameters.add(forgottenKeys.map { Optional($0.key) })
        try connection.queue(WriteStatements.forgetKeys, parameters)
      }
      guard !keys.isEmpty else { return }
      // One that expired within this transaction may have been remembered twice; the last one counts. One that another node has
      // remembered meanwhile is in the way: then the batch is tried again, and finds it.
      let last = Dictionary(keys.map { (KeyOfUser(user: $0.user, key: $0.key), $0) }) { $1 }
      let sorted = last.values.sorted { ($0.user, $0.key) < ($1.user, $1.key) }
      var parameters = PostgresParameters()
      parameters.add(sorted.map(\.user))
      parameters.add(sorted.map { Optional($0.key) })
      parameters.add(sorted.map(\.booking))
      parameters.add(sorted.map(\.at))
      try connection.queue(WriteStatements.keys, parameters)
    }

    private func queueWaiting(_ connection: PostgresConnection) throws(StoreFailure) {
      for event in waiting.deletedOf {
        try connection.queue("DELETE FROM waiting WHERE event_id = $1", PostgresParameters([.int(event)]))
      }
      if !waiting.deleted.isEmpty {
        var parameters = PostgresParameters()
        parameters.add(waiting.deleted)
        try connection.queue(WriteStatements.deleteWaiting, parameters)
      }
      guard !waiting.entries.isEmpty else { return }
      var rows = Columns(6)
      for entry in waiting.entries {
        rows.add(entry.id, entry.event, entry.user, entry.quantity, entry.type, entry.at)
      }
      try connection.queue(WriteStatements.waiting, Self.parameters(rows))
    }

    private func queueEvents(_ connection: PostgresConnection, _ revisions: [EventID: Int64])
      throws(StoreFailure)
    {
      var rows = Columns(7)
      var types: [String?] = []
      for event in events.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
        guard let change = events[event] else { continue }
        let revision = (revisions[event] ?? 0) + 1
        if let whole = change.whole {
          try connection.queue(
            WriteStatements.saveEvent,
            EventRow.values(whole) + [.int(event.rawValue), .int(revision), .int(change.standing)])
          continue
        }
        let counts = change.counts
        rows.add(
          event.rawValue, revision, change.standing, counts.map { Int64($0.sold) },
          counts.map { Int64($0.held) }, counts.map { Int64($0.seq) }, counts?.updatedAt.milliseconds)
        types.append(counts.flatMap { $0.types.isEmpty ? nil : TicketTypeText.counts($0.types) })
      }
      guard !rows.isEmpty else { return }
      var parameters = Self.parameters(rows)
      parameters.add(types)
      try connection.queue(WriteStatements.saveCounts, parameters)
    }
  }
#endif
