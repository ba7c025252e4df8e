// The messages of the way from a loop of one process to a loop of the next. Each is one message of a channel.
//
//   old ▶ new  ahead    while the old one serves: records, with a descriptor each, in the same order
//   old ▶ new  changed  once it does not: what has happened to those sent ahead, where it is little (ConnectionChange.swift)
//   old ▶ new  replaced the same where it is more: the whole record
//   old ▶ new  batch    records of connections that did not go ahead, with a descriptor each
//   new ▶ old  taken    how many of these messages have come; at most `window` are under way
//   old ▶ new  end      how many connections there were, without those sent ahead of which nothing was said since
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
  /// Messages that may be under way: their descriptors count against a limit of the user's (unix(7)).
  static let window = 4
  /// The same while the loop serves, so that it never waits for room in the socket.
  static let windowAhead = 2

  case ahead([[UInt8]])
  /// Packed.
  case changed([UInt8])
  case replaced([Replacement])
  case batch([[UInt8]])
  case taken(UInt64)
  case end(UInt64)
  case complete

  /// The record of a connection that was sent ahead under this number, as it is now.
  struct Replacement: Equatable, Sendable {
    var number: Int
    var record: [UInt8]
  }

  private enum Tag {
    static let batch: UInt8 = 1
    static let taken: UInt8 = 2
    static let end: UInt8 = 3
    static let complete: UInt8 = 4
    static let record: UInt8 = 5
    static let ahead: UInt8 = 6
    static let changed: UInt8 = 7
    static let replaced: UInt8 = 8
    static let number: UInt8 = 9
  }

  var bytes: [UInt8] {
    var writer = FieldWriter()
    switch self {
    case .batch(let records): Self.write(Tag.batch, records, to: &writer)
    case .ahead(let records): Self.write(Tag.ahead, records, to: &writer)
    case .changed(let packed): writer.add(Tag.changed, packed)
    case .replaced(let replacements):
      writer.add(Tag.replaced, UInt64(replacements.count))
      for each in replacements {
        writer.add(Tag.number, UInt64(each.number))
        writer.add(Tag.record, each.record)
      }
    case .taken(let count): writer.add(Tag.taken, count)
    case .end(let count): writer.add(Tag.end, count)
    case .complete: writer.add(Tag.complete, [])
    }
    return writer.bytes
  }

  private static func write(_ tag: UInt8, _ records: [[UInt8]], to writer: inout FieldWriter) {
    writer.add(tag, UInt64(records.count))
    for record in records { writer.add(Tag.record, record) }
  }

  /// Nil: these bytes are none of the messages.
  init?(_ bytes: [UInt8]) {
    var reader = FieldReader(bytes)
    guard let (tag, value) = reader.next() else { return nil }
    let number = FieldReader.number(value)
    switch tag {
    case Tag.batch, Tag.ahead:
      guard let records = Self.records(number, &reader) else { return nil }
      self = tag == Tag.batch ? .batch(records) : .ahead(records)
    case Tag.changed: self = .changed(Array(value))
    case Tag.replaced:
      guard let replacements = Self.replacements(number, &reader) else { return nil }
      self = .replaced(replacements)
    case Tag.taken: self = .taken(number)
    case Tag.end: self = .end(number)
    case Tag.complete: self = .complete
    default: return nil
    }
    guard reader.isAtEnd else { return nil }
  }

  private static func records(_ count: UInt64, _ reader: inout FieldReader) -> [[UInt8]]? {
    var records: [[UInt8]] = []
    while let (tag, value) = reader.next() {
      guard tag == Tag.record else { return nil }
      records.append(Array(value))
    }
    return records.count == count ? records : nil
  }

  private static func replacements(_ count: UInt64, _ reader: inout FieldReader) -> [Replacement]? {
    var replacements: [Replacement] = []
    while let (tag, value) = reader.next() {
      guard tag == Tag.number, let record = reader.next(), record.tag == Tag.record else { return nil }
      guard let number = Int(exactly: FieldReader.number(value)) else { return nil }
      replacements.append(Replacement(number: number, record: Array(record.value)))
    }
    return replacements.count == count ? replacements : nil
  }
}
