// The lines of an exported record (docs/RECORD.md): a first line that names it, one line per entry with its link, and the
// signed head. Each has one spelling only, so that no byte of a file can be changed without being found. Pure.

enum RecordLines {
  static let format = "seatcast.record.v1"
  /// No line is longer: an event's name has at most a few hundred bytes.
  static let maximumBytes = 16 * 1_024

  /// - Parameter event: whose entries are told; nil: all events'.
  static func first(_ record: String, event: Int64?) -> [UInt8] {
    JSONWriter.object { writer in
      writer.member("format", format)
      writer.member("record", record)
      if let event { writer.member("event", event) }
    }
  }

  private static let linkStart = Array(#"{"link":""#.utf8)
  private static let entryStart = Array(#"","entry":"#.utf8)
  private static let leafStart = Array(#"","leaf":""#.utf8)
  private static let leafEnd = Array(#""}"#.utf8)
  /// Base64 of 32 bytes.
  private static let digestLength = 44

  static func append(_ entry: [UInt8], _ link: [UInt8], to bytes: inout [UInt8]) {
    bytes += linkStart
    bytes += Base64.padded(link).utf8
    bytes += entryStart
    bytes += entry
    bytes.append(UInt8(ascii: "}"))
  }

  /// An entry of another event, which is not told.
  static func append(leaf: [UInt8], _ link: [UInt8], to bytes: inout [UInt8]) {
    bytes += linkStart
    bytes += Base64.padded(link).utf8
    bytes += leafStart
    bytes += Base64.padded(leaf).utf8
    bytes += leafEnd
  }

  static func last(_ head: String) -> [UInt8] { JSONWriter.object { $0.member("head", head) } }

  /// A line behind the first.
  enum Content: Equatable {
    /// Where the entry's bytes stand in the line.
    case entry(Range<Int>, link: [UInt8])
    case hidden(leaf: [UInt8], link: [UInt8])
    case head(RecordNote)
  }

  /// Nil: it is no line of a record.
  static func content(_ line: [UInt8]) -> Content? {
    guard line.starts(with: linkStart) else { return head(line) }
    let linkEnd = linkStart.count + digestLength
    guard line.count > linkEnd, let link = digest(line[linkStart.count..<linkEnd]) else { return nil }
    let rest = line[linkEnd...]
    if rest.starts(with: entryStart) {
      let start = linkEnd + entryStart.count
      guard line.count > start + 1, line.last == UInt8(ascii: "}") else { return nil }
      return .entry(start..<line.count - 1, link: link)
    }
    let leaf = linkEnd + leafStart.count
    guard rest.starts(with: leafStart), line.count == leaf + digestLength + leafEnd.count,
      line[(leaf + digestLength)...].elementsEqual(leafEnd),
      let bytes = digest(line[leaf..<leaf + digestLength])
    else { return nil }
    return .hidden(leaf: bytes, link: link)
  }

  private static func digest(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    Base64.unpadded(String(decoding: text, as: UTF8.self)).flatMap {
      $0.count == RecordChain.digestBytes ? $0 : nil
    }
  }

  private static func head(_ line: [UInt8]) -> Content? {
    guard let document = try? StrictJSON.scan(line), document.isObject,
      let text = document.member("head").flatMap(document.text), last(text) == line,
      let note = RecordNote(text)
    else { return nil }
    return .head(note)
  }
}

/// An entry as it was read.
struct RecordEntry {
  private let document: JSONDocument
  let number: UInt64
  let kind: String

  /// Nil: it is no entry.
  init?(_ bytes: [UInt8]) {
    guard let document = try? StrictJSON.scan(bytes), document.isObject,
      let number = document.member("n").flatMap(document.whole), number > 0,
      let kind = document.member("kind").flatMap(document.text)
    else { return nil }
    (self.document, self.number, self.kind) = (document, UInt64(number), kind)
  }

  func whole(_ name: String) -> Int64? { document.member(name).flatMap(document.whole) }
  func text(_ name: String) -> String? { document.member(name).flatMap(document.text) }

  /// What is free of each type; nil: the entry tells nothing of types, or not as it should.
  var types: [TypeAvailability]? {
    guard let pairs = document.member("types").flatMap({ document.elements(of: $0) }) else { return nil }
    var types: [TypeAvailability] = []
    for pair in pairs {
      guard let numbers = document.elements(of: pair)?.map(document.whole), numbers.count == 2,
        let id = numbers[0], let available = numbers[1]
      else { return nil }
      types.append(TypeAvailability(id: Int(id), available: Int(available)))
    }
    return types
  }

  var hasTypes: Bool { document.member("types") != nil }
}
