#if Cluster
  // One connection to PostgreSQL through libpq, owned by one thread. Statements are queued, sent together and answered in order
  // (pipeline mode), so that many cost one round trip. When it is lost it is made anew at the next use, without what the
  // session had: a transaction, locks, prepared statements; `generation` tells.
  //
  // This file and PostgresResult.swift are the only ones that call libpq. Waiting is done here and not in libpq, so that a
  // server that has stopped answering (a machine that is cut off, a process that is frozen) is given up.

  import CPostgres
  import Glibc

  @safe final class PostgresConnection {
    let address: PostgresAddress
    let session: PostgresSession
    /// Which connection this is: 0 before the first.
    private(set) var generation = 0
    /// Milliseconds without a byte from the server after which an answer is given up. Some statements of an upgrade take long.
    var patience: Int

    private var handle: OpaquePointer?
    /// When the server was last heard of.
    private var heardAt = 0
    /// By the numbers of statements.
    private var prepared: Set<Int> = []
    /// What was sent and is not answered yet.
    private var queue: [Queued] = []
    /// How many of them are statements, and not preparations.
    private var statements = 0

    private enum Queued {
      case preparation(Int)
      case statement
    }

    /// Makes no connection yet.
    init(_ address: PostgresAddress, _ session: PostgresSession) {
      self.address = address
      self.session = session
      patience = session.patience
    }

    deinit { close() }

    // MARK: The session

    /// Connects unless that is done. A connection that was found to be closed while nobody used it is made anew.
    func connect() throws(StoreFailure) {
      if let handle = unsafe handle {
        guard queue.isEmpty, unsafe PQtransactionStatus(handle) == PQTRANS_IDLE, isClosedByServer else {
          return
        }
        close()
      }
      try open()
    }

    /// Ends the session. Whatever was open in it is undone by the server.
    func close() {
      if let handle = unsafe handle { unsafe PQfinish(handle) }
      unsafe handle = nil
      prepared = []
      (queue, statements) = ([], 0)
    }

    var isConnected: Bool { unsafe handle != nil }

    /// Milliseconds since the server last answered.
    var silence: Int { Self.now - heardAt }

    /// Whether a transaction is open, failed or not.
    var isInTransaction: Bool {
      guard let handle = unsafe handle else { return false }
      return [PQTRANS_INTRANS, PQTRANS_INERROR, PQTRANS_ACTIVE].contains(
        unsafe PQtransactionStatus(handle))
    }

    private func open() throws(StoreFailure) {
      // Those that the URL may set otherwise, those of the URL, those that it may not.
      let parameters =
        [
          ("connect_timeout", "5"), ("keepalives_idle", "5"), ("keepalives_interval", "2"),
          ("keepalives_count", "3"), ("tcp_user_timeout", "10000"),
        ] + address.parameters.map { ($0.name, $0.value) } + [
          ("application_name", session.name), ("client_encoding", "UTF8"),
        ]
      let opened = unsafe Self.withTexts(parameters.map(\.0)) { names in
        unsafe Self.withTexts(parameters.map(\.1)) { values in unsafe PQconnectdbParams(names, values, 0) }
      }
      guard let opened = unsafe opened else {
        throw StoreFailure(code: StoreFailure.unreachable, message: "there is no memory for a connection")
      }
      unsafe handle = opened
      guard unsafe PQstatus(opened) == CONNECTION_OK else {
        let failure = StoreFailure(state: nil, message: message, address: address)
        close()
        throw failure
      }
      generation += 1
      try unsafe begin(opened)
    }

    /// What comes right after connecting.
    private func begin(_ handle: OpaquePointer) throws(StoreFailure) {
      unsafe PQsetNoticeProcessor(handle, { _, _ in }, nil)
      let version = unsafe PQserverVersion(handle)
      guard version >= Self.oldestServer else {
        close()
        throw StoreFailure(
          code: StoreFailure.refused,
          message:
            "the database \(address.description) is PostgreSQL \(version / 10_000); 14 or newer is needed")
      }
      guard unsafe PQsetnonblocking(handle, 1) == 0, unsafe PQenterPipelineMode(handle) == 1 else {
        throw lost()
      }
      let settings = session.settings.map { "set_config('\($0.name)', '\($0.value)', false)" }
      try queue("SELECT \(settings.joined(separator: ", "))")
      // An operator may ask for more than that the disk has a commit, and for less in vain.
      try queue(
        """
        SELECT set_config('synchronous_commit', 'on', false)
        WHERE current_setting('synchronous_commit') IN ('off', 'local', 'remote_write')
        """)
      do throws(StoreFailure) {
        _ = try flush()
      } catch {
        // A session without its settings would wait too long, or too short.
        close()
        throw error
      }
    }

    /// `idle_session_timeout` came with 14.
    private static let oldestServer: Int32 = 140_000

    /// Whether the server has ended the session while nothing was asked of it.
    private var isClosedByServer: Bool {
      guard let handle = unsafe handle else { return true }
      var entry = unsafe pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
      // The reason comes first and the end behind it: what is read in one go need not be all.
      while unsafe poll(&entry, 1, 0) > 0 {
        guard unsafe PQconsumeInput(handle) == 1, unsafe PQstatus(handle) == CONNECTION_OK else {
          return true
        }
      }
      return false
    }

    // MARK: Statements

    /// Sends a statement with the next `flush`.
    /// - Returns: the place of its result among those that the flush gives.
    @discardableResult
    func queue(_ statement: PostgresStatement, _ parameters: PostgresParameters = PostgresParameters())
      throws(StoreFailure) -> Int
    {
      try connect()
      if !prepared.contains(statement.number) {
        guard unsafe PQsendPrepare(handle, statement.name, statement.sql, 0, nil) == 1 else { throw lost() }
        queue.append(.preparation(statement.number))
        prepared.insert(statement.number)
      }
      let sent = unsafe withPointers(to: parameters) { values, lengths, formats in
        unsafe PQsendQueryPrepared(
          handle, statement.name, Int32(parameters.count), values, lengths, formats, 1)
      }
      return try note(sent)
    }

    @discardableResult
    func queue(_ statement: PostgresStatement, _ values: [Statement.Value]) throws(StoreFailure) -> Int {
      try queue(statement, PostgresParameters(values))
    }

    /// The same for a statement that is used seldom, and not prepared.
    @discardableResult
    func queue(_ sql: String, _ parameters: PostgresParameters = PostgresParameters()) throws(StoreFailure)
      -> Int
    {
      try connect()
      let sent = unsafe withPointers(to: parameters) { values, lengths, formats in
        unsafe PQsendQueryParams(handle, sql, Int32(parameters.count), nil, values, lengths, formats, 1)
      }
      return try note(sent)
    }

    private func note(_ sent: Int32) throws(StoreFailure) -> Int {
      guard sent == 1 else { throw lost() }
      queue.append(.statement)
      statements += 1
      return statements - 1
    }

    var hasQueue: Bool { !queue.isEmpty }

    /// Sends what is queued and waits for all answers.
    /// - Returns: the results of the statements in order.
    /// - Throws: what the first that failed failed with; those behind it were not run. What ran before it, outside of a
    ///   transaction, is undone.
    func flush() throws(StoreFailure) -> [PostgresResult] {
      guard !queue.isEmpty else { return [] }
      guard unsafe PQpipelineSync(handle) == 1 else { throw lost() }
      let sent = queue
      (queue, statements) = ([], 0)
      var results: [PostgresResult] = []
      results.reserveCapacity(sent.count)
      var failure: StoreFailure?
      for entry in sent {
        while let answer = try unsafe nextAnswer() {
          let result = unsafe PostgresResult(taking: answer)
          let status = unsafe PQresultStatus(answer)
          switch (status, entry) {
          case (PGRES_COMMAND_OK, .statement), (PGRES_TUPLES_OK, .statement): results.append(result)
          case (PGRES_COMMAND_OK, .preparation): break
          default:
            if case .preparation(let number) = entry { prepared.remove(number) }
            guard failure == nil, status != PGRES_PIPELINE_ABORTED else { break }
            failure = unsafe Self.failure(answer, address)
          }
          _ = consume result
        }
      }
      try endPipeline()
      heardAt = Self.now
      guard let failure else { return results }
      if failure.code == StoreFailure.unreachable { close() }
      throw failure
    }

    /// Reads up to the mark that `PQpipelineSync` has set.
    private func endPipeline() throws(StoreFailure) {
      guard let answer = try unsafe nextAnswer() else { throw lost() }
      defer { unsafe PQclear(answer) }
      guard unsafe PQresultStatus(answer) == PGRES_PIPELINE_SYNC else { throw lost() }
    }

    private static func failure(_ answer: OpaquePointer, _ address: PostgresAddress) -> StoreFailure {
      let state = unsafe PQresultErrorField(answer, Int32(Character("C").asciiValue ?? 0))
      let text = unsafe PQresultErrorField(answer, Int32(Character("M").asciiValue ?? 0))
      return unsafe StoreFailure(
        state: state.map { unsafe String(cString: $0) },
        message: (text ?? UnsafeMutablePointer(mutating: PQresultErrorMessage(answer))).map {
          unsafe String(cString: $0)
        } ?? "", address: address)
    }

    /// One statement, and its answer at once.
    func run(_ statement: PostgresStatement, _ values: [Statement.Value] = []) throws(StoreFailure)
      -> PostgresResult
    {
      try run(statement, PostgresParameters(values))
    }

    func run(_ statement: PostgresStatement, _ parameters: PostgresParameters) throws(StoreFailure)
      -> PostgresResult
    {
      try queue(statement, parameters)
      return try last()
    }

    func run(_ sql: String, _ values: [Statement.Value] = []) throws(StoreFailure) -> PostgresResult {
      try queue(sql, PostgresParameters(values))
      return try last()
    }

    private func last() throws(StoreFailure) -> PostgresResult {
      guard let result = try flush().last else { throw lost() }
      return result
    }

    /// Runs a text of any number of statements whose rows do not matter.
    func execute(_ sql: String) throws(StoreFailure) {
      try connect()
      guard unsafe PQexitPipelineMode(handle) == 1, unsafe PQsendQuery(handle, sql) == 1 else { throw lost() }
      var failure: StoreFailure?
      while let answer = try unsafe nextAnswer() {
        if unsafe PQresultStatus(answer) == PGRES_FATAL_ERROR {
          failure = unsafe failure ?? Self.failure(answer, address)
        }
        unsafe PQclear(answer)
      }
      guard unsafe PQenterPipelineMode(handle) == 1 else { throw lost() }
      if let failure {
        if failure.code == StoreFailure.unreachable { close() }
        throw failure
      }
    }

    // MARK: Notifications

    /// `NOTIFY` on this channel ends `wait` from now on; to be called again when `generation` has changed.
    func listen(to channel: String) throws(StoreFailure) { _ = try run("LISTEN \(channel)") }

    /// Waits for notifications on any channel.
    /// - Parameters:
    ///   - milliseconds: at most so long.
    ///   - sender: the payload of those that do not count: one's own.
    /// - Returns: whether there was one. All that there were are taken.
    func wait(
      milliseconds: Int, ignoring sender: String, _ interruption: PostgresInterruption
    ) throws(StoreFailure) -> Bool {
      guard unsafe handle != nil else { throw lost("the connection is closed") }
      if takeNotifications(ignoring: sender) { return true }
      let start = Self.now
      while true {
        let left = milliseconds - (Self.now - start)
        guard left > 0 else { return false }
        var entries = [
          unsafe pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0),
          pollfd(fd: interruption.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        let ready = unsafe poll(&entries, 2, Int32(clamping: left))
        if ready > 0, entries[1].revents != 0 {
          interruption.take()
          return false
        }
        guard ready > 0, entries[0].revents != 0 else { continue }
        guard unsafe PQconsumeInput(handle) == 1 else { throw lost() }
        if takeNotifications(ignoring: sender) { return true }
      }
    }

    private func takeNotifications(ignoring sender: String) -> Bool {
      var hasAny = false
      while let notification = unsafe PQnotifies(handle) {
        let payload = unsafe notification.pointee.extra.map { unsafe String(cString: $0) } ?? ""
        hasAny = hasAny || payload != sender
        unsafe PQfreemem(notification)
      }
      return hasAny
    }

    // MARK: Waiting for the server

    /// nil: there is none left of the statement.
    private func nextAnswer() throws(StoreFailure) -> OpaquePointer? {
      while unsafe PQisBusy(handle) != 0 { try exchange() }
      let answer = unsafe PQgetResult(handle)
      if unsafe answer == nil, unsafe PQstatus(handle) != CONNECTION_OK { throw lost() }
      return unsafe answer
    }

    /// Sends what is left to send and takes what comes. A server that has much to tell takes no more until it has told it, so
    /// both are done at once.
    private func exchange() throws(StoreFailure) {
      let unsent = unsafe PQflush(handle)
      guard unsent >= 0 else { throw lost() }
      let events = Int16(POLLIN) | (unsent > 0 ? Int16(POLLOUT) : 0)
      let start = Self.now
      while true {
        var entry = unsafe pollfd(fd: PQsocket(handle), events: events, revents: 0)
        let left = patience - (Self.now - start)
        guard left > 0 else { throw lost("it has not answered for \(patience / 1000) seconds") }
        if unsafe poll(&entry, 1, Int32(clamping: left)) > 0 { break }
      }
      guard unsafe PQconsumeInput(handle) == 1 else { throw lost() }
    }

    /// Milliseconds of the monotonic clock.
    private static var now: Int {
      var time = timespec()
      unsafe clock_gettime(CLOCK_MONOTONIC, &time)
      return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }

    /// Closes the connection, which is of no more use.
    private func lost(_ reason: String? = nil) -> StoreFailure {
      let failure = StoreFailure(state: nil, message: reason ?? message, address: address)
      close()
      return failure
    }

    private var message: String {
      guard let handle = unsafe handle, let text = unsafe PQerrorMessage(handle) else {
        return "no connection"
      }
      let words = unsafe String(cString: text)
      return words.isEmpty ? "the connection does not work" : words
    }

    // MARK: C

    /// The parameters that a URL has; nil: it has none that libpq could read.
    static func parameters(of url: String) -> [(name: String, value: String)]? {
      guard let options = unsafe PQconninfoParse(url, nil) else { return nil }
      defer { unsafe PQconninfoFree(options) }
      var parameters: [(name: String, value: String)] = []
      var option = unsafe options
      while let name = unsafe option.pointee.keyword {
        if let value = unsafe option.pointee.val {
          unsafe parameters.append((String(cString: name), String(cString: value)))
        }
        unsafe option += 1
      }
      return parameters
    }

    private static func withTexts<Result>(
      _ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
    ) -> Result {
      let copies = unsafe texts.map { unsafe UnsafePointer(strdup($0)) } + [nil]
      defer { unsafe copies.forEach { unsafe free(UnsafeMutablePointer(mutating: $0)) } }
      return unsafe copies.withUnsafeBufferPointer { unsafe body($0.baseAddress) }
    }

    private func withPointers(
      to parameters: PostgresParameters,
      _ body: (UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> Int32
    ) -> Int32 {
      let formats = [Int32](repeating: 1, count: parameters.count)
      // A value without bytes must point somewhere, or it is NULL.
      let bytes = parameters.bytes.isEmpty ? [0] : parameters.bytes
      return unsafe bytes.withUnsafeBytes { buffer in
        let start = buffer.baseAddress
        let values = unsafe parameters.starts.map { offset in
          unsafe offset < 0
            ? nil : (start?.advanced(by: offset)).map { unsafe $0.assumingMemoryBound(to: CChar.self) }
        }
        return unsafe body(values, parameters.lengths, formats)
      }
    }
  }

  /// Ends the `wait` of a connection's thread. Any thread.
  final class PostgresInterruption: Sendable {
    fileprivate let descriptor: Int32
    private let end: Int32

    init() throws(StoreFailure) {
      var ends: [Int32] = [-1, -1]
      guard unsafe pipe(&ends) == 0 else {
        throw StoreFailure(
          code: StoreFailure.unreachable,
          message: "there is no descriptor for an interruption (errno \(errno))")
      }
      (descriptor, end) = (ends[0], ends[1])
      for end in ends {
        _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        _ = fcntl(end, F_SETFL, O_NONBLOCK)
      }
    }

    deinit {
      Glibc.close(descriptor)
      Glibc.close(end)
    }

    /// A wait that comes later ends, too, when none is under way.
    func interrupt() { _ = unsafe write(end, [1], 1) }

    fileprivate func take() {
      var bytes = [UInt8](repeating: 0, count: 64)
      while unsafe read(descriptor, &bytes, bytes.count) > 0 {}
    }
  }
#endif
