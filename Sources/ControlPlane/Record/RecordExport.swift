// Writes the record as lines of JSON, up to its newest head: made again from the rows, and held against the links that were
// sealed, so that a database that was changed behind the server's back exports nothing. Reads beside a running server. Pages
// of rows only are in memory. Blocks; any thread.

import Glibc

public enum RecordExport {
  public struct Report: Sendable, Equatable {
    public let entries: UInt64
    public let record: String
  }

  /// - Parameters:
  ///   - folder: a data folder.
  ///   - event: whose entries to tell; of others there are only hashes. Nil: all.
  ///   - file: a descriptor to write to.
  public static func write(
    _ folder: String, event: Int64? = nil, to file: Int32
  ) throws(AdminAnswer.Failure) -> Report {
    try write(event: event, to: file) { () throws(StoreFailure) in try reads(of: folder) }
  }

  #if Cluster
    /// The same of a PostgreSQL database.
    /// - Parameter store: its URL.
    public static func write(
      store: String, event: Int64? = nil, to file: Int32
    ) throws(AdminAnswer.Failure) -> Report {
      try write(event: event, to: file) { () throws(StoreFailure) in try PostgresStorage.record(of: store) }
    }
  #endif

  private static func write(
    event: Int64?, to file: Int32, _ open: () throws(StoreFailure) -> any RecordSource
  ) throws(AdminAnswer.Failure) -> Report {
    do throws(StoreFailure) {
      let reads = try open()
      guard let last = try reads.last() else {
        throw StoreFailure(code: 0, message: "the record has no head yet")
      }
      var output = Output(file: file)
      output.append(RecordLines.first(reads.facts.record, event: event))
      var walk = RecordWalk(reads)
      while walk.chain.size < last.size {
        let hasMore = try walk.next { chain, entry, owner in
          if event == nil || owner == nil || owner == event {
            output.append { RecordLines.append(entry, chain.link, to: &$0) }
          } else {
            output.append { RecordLines.append(leaf: chain.leaf, chain.link, to: &$0) }
          }
        }
        guard hasMore else { throw StoreFailure.damagedRecord("a seal before \(last.number)") }
        if let failure = output.failure { throw StoreFailure(code: 0, message: failure) }
      }
      output.append(RecordLines.last(last.head))
      output.flush()
      if let failure = output.failure { throw StoreFailure(code: 0, message: failure) }
      return Report(entries: last.size, record: reads.facts.record)
    } catch {
      throw .init(.refused, "The record cannot be exported: \(error).")
    }
  }

  static func reads(of folder: String) throws(StoreFailure) -> any RecordSource {
    let connection = try Connection(folder + "/" + DataFolder.databaseName, .reader)
    guard try Migrations.version(of: connection) == Migrations.steps.count else {
      throw StoreFailure(code: 0, message: "the database is of another version than this program")
    }
    return try SQLiteRecordSource(connection, facts: try RecordFacts(connection))
  }

  /// Lines on their way to a descriptor.
  private struct Output {
    let file: Int32
    private(set) var failure: String?
    private var bytes: [UInt8] = []
    private static let bufferBytes = 65_536

    init(file: Int32) { self.file = file }

    mutating func append(_ line: [UInt8]) { append { $0 += line } }

    mutating func append(_ line: (inout [UInt8]) -> Void) {
      line(&bytes)
      bytes.append(UInt8(ascii: "\n"))
      if bytes.count >= Self.bufferBytes { flush() }
    }

    mutating func flush() {
      var rest = bytes[...]
      while failure == nil, !rest.isEmpty {
        let put = unsafe rest.withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
        if put < 0, errno == EINTR { continue }
        if put <= 0 { failure = "the file cannot be written: \(describe(errno: errno))" }
        rest = rest.dropFirst(max(0, put))
      }
      bytes.removeAll(keepingCapacity: true)
    }
  }
}

/// Goes through the seals from the first or a later one, makes their entries again, and holds them against the sealed links
/// and heads.
struct RecordWalk {
  private let reads: any RecordSource
  private var number: Int64
  private(set) var chain: RecordChain
  private var writer = RecordEntryWriter()

  init(_ reads: any RecordSource) {
    self.reads = reads
    (number, chain) = (0, RecordChain(of: reads.facts.record))
  }

  /// - Parameter seal: where to go on.
  init(_ reads: any RecordSource, after seal: RecordSeal) {
    self.reads = reads
    (number, chain) = (seal.number, seal.chain)
  }

  /// The next seal; false: there is none.
  /// - Parameter each: gets the chain with the entry, the entry, and its event.
  mutating func next(
    _ each: (RecordChain, [UInt8], Int64?) -> Void = { _, _, _ in }
  ) throws(StoreFailure) -> Bool {
    guard let seal = try reads.seal(after: number) else { return false }
    guard seal.number == number + 1, let items = RecordItem.items(seal.items) else {
      throw StoreFailure.damagedRecord("seal \(number + 1)")
    }
    let first = chain.size + 1
    var chain = self.chain
    for item in items {
      try reads.entries(of: item, from: chain.size + 1, &writer) { entry, event in
        chain.add(entry)
        each(chain, entry, event)
      }
    }
    guard chain.size == seal.size, chain.link == seal.link, Self.isHead(seal, of: reads.facts.record) else {
      throw StoreFailure.damagedRecord("one of the entries \(first) to \(max(seal.size, chain.size))")
    }
    (number, self.chain) = (seal.number, chain)
    return true
  }

  private static func isHead(_ seal: RecordSeal, of record: String) -> Bool {
    guard let note = RecordNote(seal.head) else { return false }
    let head = note.head
    return head.record == record && head.size == seal.size && head.link == seal.link
      && head.epoch == seal.epoch && note.isSigned(by: seal.key)
  }
}
