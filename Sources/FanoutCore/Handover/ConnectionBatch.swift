// The messages of the way from a loop of one process to a loop of the next. Each is one message of a channel.
//
//   old ▶ new  batch    records, with a descriptor each, in the same order
//   new ▶ old  taken    how many batches have come; at most `window` are under way
//   old ▶ new  end      how many connections there were
//   new ▶ old  complete
//
// Invariant: whoever gets anything else, or an unexpected number, breaks off. Pure values; any thread.

/// One message between two loops.
enum ConnectionBatch: Equatable, Sendable {
  /// Records of one message at most: as many as descriptors.
  static let most = 240
  /// Bytes of the records of one message, beyond which no other is added.
  static let usualBytes = 48 * 1024
  /// Bytes of a record at most; a connection with more stays.
  static let recordBytes = 72 * 1024
  /// Bytes of the longest message.
  static let longest = usualBytes + recordBytes + 8 * most
  /// Batches that may be under way: their descriptors count against a limit of the user's (unix(7)).
  static let window = 4

  case batch([[UInt8]])
  case taken(UInt64)
  case end(UInt64)
  case complete

  private enum Tag {
    static let batch: UInt8 = 1
    static let taken: UInt8 = 2
    static let end: UInt8 = 3
    static let complete: UInt8 = 4
    static let record: UInt8 = 5
  }

  var bytes: [UInt8] {
    var writer = FieldWriter()
    switch self {
    case .batch(let records):
      writer.add(Tag.batch, UInt64(records.count))
      for record in records { writer.add(Tag.record, record) }
    case .taken(let count): writer.add(Tag.taken, count)
    case .end(let count): writer.add(Tag.end, count)
    case .complete: writer.add(Tag.complete, [])
    }
    return writer.bytes
  }

  /// Nil: these bytes are none of the messages.
  init?(_ bytes: [UInt8]) {
    var reader = FieldReader(bytes)
    guard let (tag, value) = reader.next() else { return nil }
    let number = FieldReader.number(value)
    switch tag {
    case Tag.batch:
      var records: [[UInt8]] = []
      while let (tag, value) = reader.next() {
        guard tag == Tag.record else { return nil }
        records.append(Array(value))
      }
      guard records.count == number else { return nil }
      self = .batch(records)
    case Tag.taken: self = .taken(number)
    case Tag.end: self = .end(number)
    case Tag.complete: self = .complete
    default: return nil
    }
    guard reader.isAtEnd else { return nil }
  }
}
