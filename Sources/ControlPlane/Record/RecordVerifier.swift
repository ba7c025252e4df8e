// Verifies an exported record line by line, in memory that grows with its bookings and not with its entries: the chain
// holds, the head is signed, heads that somebody kept are of the same history, and the entries keep the rules. Needs no
// server and no database. A value; any thread.

struct RecordVerifier {
  /// Why a record is not good.
  struct Refusal: Error, Equatable {
    /// From 1.
    let line: Int
    let sentence: String
  }

  private enum Part {
    case first, entries, end
  }

  private let trusted: RecordPublicKey?
  /// Heads that somebody kept, the shortest record first.
  private var kept: [RecordNote]
  private var part = Part.first
  private(set) var line = 0
  private(set) var record = ""
  /// nil: all.
  private(set) var onlyEvent: Int64?
  private(set) var chain = RecordChain(of: "")
  private(set) var replay = RecordReplay()
  private(set) var head: RecordNote?
  /// The key that signs from the last entry on, and all that did before.
  private(set) var key: RecordPublicKey?
  private var keys: [RecordPublicKey] = []
  /// Whether the signatures lead from the trusted key to this one; without a trusted one, whether the first key's do.
  private var isTrusted = false
  private var epoch = ""
  /// The entries that began with a restored backup.
  private(set) var restores: [UInt64] = []
  private(set) var lostKeys: [UInt64] = []
  private(set) var keptCount = 0

  init(trusted: RecordPublicKey? = nil, kept: [RecordNote] = []) {
    self.trusted = trusted
    self.kept = kept.sorted { $0.head.size < $1.head.size }
  }

  mutating func take(_ line: [UInt8]) throws(Refusal) {
    self.line += 1
    switch part {
    case .first: try takeFirst(line)
    case .entries: try takeNext(line)
    case .end: throw refusal("stands behind the head, where nothing may stand")
    }
  }

  /// After the last line.
  mutating func finish() throws(Refusal) {
    line += 1
    guard part == .end else { throw refusal("is missing: the record ends without a signed head") }
  }

  private func refusal(_ sentence: String) -> Refusal { Refusal(line: line, sentence: sentence) }

  // MARK: The first line

  private mutating func takeFirst(_ line: [UInt8]) throws(Refusal) {
    guard let document = try? StrictJSON.scan(line), document.isObject,
      let record = document.member("record").flatMap(document.text)
    else { throw refusal("is not the first line of a record") }
    let event = document.member("event").flatMap(document.whole)
    guard RecordLines.first(record, event: event) == line else {
      throw refusal("is not the first line of a record of the format \(RecordLines.format)")
    }
    (self.record, onlyEvent, chain, part) = (record, event, RecordChain(of: record), .entries)
    if let other = kept.first(where: { $0.head.record != record }) {
      throw refusal("names the record \(record), and a kept head is of the record \(other.head.record)")
    }
  }

  // MARK: Entries

  private mutating func takeNext(_ line: [UInt8]) throws(Refusal) {
    guard let content = RecordLines.content(line) else { throw refusal("is no line of a record") }
    switch content {
    case .head(let note): return try takeHead(note)
    case .hidden(let leaf, let link):
      guard onlyEvent != nil else { throw refusal("hides an entry in a record of all events") }
      chain.add(leaf: leaf)
      try checkLink(link)
    case .entry(let range, let link):
      chain.add(line, range)
      try checkLink(link)
      try takeEntry(Array(line[range]))
    }
    try checkKept()
  }

  private func checkLink(_ link: [UInt8]) throws(Refusal) {
    guard chain.link == link else {
      throw refusal("is changed, or a line before it is missing: its link does not follow")
    }
  }

  private mutating func takeEntry(_ bytes: [UInt8]) throws(Refusal) {
    guard let entry = RecordEntry(bytes) else { throw refusal("has no entry") }
    guard entry.number == chain.size else {
      throw refusal("is entry \(entry.number), and entry \(chain.size) is due")
    }
    guard (chain.size == 1) == (entry.kind == "begin") else {
      throw refusal("is no beginning, or a second one")
    }
    switch entry.kind {
    case "begin": try begin(entry)
    case "key": try changeKey(entry)
    case "epoch": try changeEpoch(entry)
    case "live": break
    default: try apply(entry)
    }
  }

  private mutating func apply(_ entry: RecordEntry) throws(Refusal) {
    if let onlyEvent, entry.whole("event") != onlyEvent {
      throw refusal("is of another event than the record is about")
    }
    do throws(RecordFault) {
      try replay.apply(entry)
    } catch {
      throw refusal("\(error.sentence) (entry \(entry.number))")
    }
  }

  private mutating func begin(_ entry: RecordEntry) throws(Refusal) {
    guard entry.text("record") == record,
      let key = entry.text("key").flatMap({ RecordPublicKey(base64: $0) }),
      let epoch = entry.text("epoch")
    else { throw refusal("does not begin the record \(record)") }
    (self.key, keys, self.epoch) = (key, [key], epoch)
    isTrusted = trusted == nil || trusted == key
  }

  private mutating func changeEpoch(_ entry: RecordEntry) throws(Refusal) {
    guard entry.text("was") == epoch, let next = entry.text("epoch") else {
      throw refusal("follows another epoch than \(epoch)")
    }
    epoch = next
    restores.append(entry.number)
  }

  private mutating func changeKey(_ entry: RecordEntry) throws(Refusal) {
    guard let former = key, let next = entry.text("key").flatMap({ RecordPublicKey(base64: $0) }) else {
      throw refusal("names no key")
    }
    if let text = entry.text("signature") {
      guard let signature = Base64.unpadded(text),
        former.verifies(signature, of: next.handover(of: record))
      else { throw refusal("names a key that the one before it has not signed") }
    } else {
      isTrusted = false
      lostKeys.append(entry.number)
    }
    key = next
    keys.append(next)
    if next == trusted { isTrusted = true }
  }

  // MARK: Heads

  private mutating func checkKept() throws(Refusal) {
    while let note = kept.first, note.head.size <= chain.size {
      kept.removeFirst()
      guard note.head.size == chain.size else { continue }
      guard note.head.link == chain.link else {
        throw refusal("is where the record leaves the history of a kept head (entry \(chain.size))")
      }
      guard keys.contains(where: { note.isSigned(by: $0) }) else {
        throw refusal("is where a kept head is signed by none of the record's keys")
      }
      keptCount += 1
    }
  }

  private mutating func takeHead(_ note: RecordNote) throws(Refusal) {
    guard note.head.record == record, note.head.size == chain.size, note.head.link == chain.link else {
      throw refusal("is the head of another record, or of one with \(note.head.size) entries")
    }
    guard note.head.epoch == epoch else { throw refusal("is a head of another epoch") }
    guard let key, note.isSigned(by: key) else {
      throw refusal("is a head that the record's key has not signed")
    }
    if let longer = kept.first {
      throw refusal(
        "comes too early: a kept head covers \(longer.head.size) entries, and here are \(chain.size)")
    }
    try checkTrust()
    do throws(RecordFault) { try replay.finish() } catch { throw refusal(error.sentence) }
    (head, part) = (note, .end)
  }

  private func checkTrust() throws(Refusal) {
    guard !isTrusted, trusted != nil || !lostKeys.isEmpty else { return }
    if let lost = lostKeys.last {
      throw refusal(
        "is signed by a key that replaced a lost one at entry \(lost); make sure whose it is, and give it with --key"
      )
    }
    throw refusal("is signed by another key than the given one")
  }
}
