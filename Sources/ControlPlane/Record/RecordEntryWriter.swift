// Writes entries of the record as JSON in the one spelling that is hashed (docs/RECORD.md): members in a fixed order, no
// spaces, whole numbers, moments as milliseconds since 1970. The buffer is used again for each entry. One thread.

struct RecordEntryWriter {
  /// The entry that was written last.
  private(set) var bytes: [UInt8] = []

  mutating func begin(_ number: UInt64, _ kind: String) {
    bytes.removeAll(keepingCapacity: true)
    bytes.append(contentsOf: "{\"n\":".utf8)
    Decimal.append(number, to: &bytes)
    bytes.append(contentsOf: ",\"kind\":\"".utf8)
    bytes.append(contentsOf: kind.utf8)
    bytes.append(UInt8(ascii: "\""))
  }

  mutating func end() { bytes.append(UInt8(ascii: "}")) }

  /// A finished entry that lacks only its number.
  mutating func literal(_ number: UInt64, _ text: String) {
    bytes.removeAll(keepingCapacity: true)
    bytes.append(contentsOf: "{\"n\":".utf8)
    Decimal.append(number, to: &bytes)
    bytes.append(UInt8(ascii: ","))
    bytes.append(contentsOf: text.utf8)
  }

  // MARK: Members

  mutating func number(_ name: String, _ value: Int64) {
    self.name(name)
    Decimal.append(value, to: &bytes)
  }

  mutating func string(_ name: String, _ value: String) {
    self.name(name)
    JSONWriter.append(value, to: &bytes)
  }

  mutating func booking(_ id: PublicBookingID) {
    name("booking")
    bytes.append(UInt8(ascii: "\""))
    id.append(to: &bytes)
    bytes.append(UInt8(ascii: "\""))
  }

  /// - Parameter value: ASCII that needs no escapes.
  mutating func plain(_ name: String, _ value: [UInt8]) {
    self.name(name)
    bytes.append(UInt8(ascii: "\""))
    bytes.append(contentsOf: value)
    bytes.append(UInt8(ascii: "\""))
  }

  /// What is free of each ticket type: `[[1,20],[2,5]]`; nothing without types.
  mutating func types(_ types: [TypeAvailability]) {
    guard !types.isEmpty else { return }
    name("types")
    for (index, type) in types.enumerated() {
      bytes.append(contentsOf: index == 0 ? "[[".utf8 : ",[".utf8)
      Decimal.append(Int64(type.id), to: &bytes)
      bytes.append(UInt8(ascii: ","))
      Decimal.append(Int64(type.available), to: &bytes)
      bytes.append(UInt8(ascii: "]"))
    }
    bytes.append(UInt8(ascii: "]"))
  }

  private mutating func name(_ name: String) {
    bytes.append(contentsOf: ",\"".utf8)
    bytes.append(contentsOf: name.utf8)
    bytes.append(contentsOf: "\":".utf8)
  }
}

/// Entries of the record about itself.
enum RecordLiterals {
  /// The first entry. - Parameter hasEarlier: whether entries about what was before the record follow.
  static func begin(
    _ record: String, epoch: String, key: RecordPublicKey, hasEarlier: Bool, at: Instant
  ) -> RecordItem {
    literal("begin") { writer in
      writer.member("record", record)
      writer.member("epoch", epoch)
      writer.member("key", key.base64)
      writer.member("earlier", hasEarlier)
      writer.member("at", at.milliseconds)
    }
  }

  /// From here on entries are in the order of their commits.
  static func live(at: Instant) -> RecordItem { literal("live") { $0.member("at", at.milliseconds) } }

  /// The database was restored from a backup.
  static func epoch(_ epoch: String, after former: String, at: Instant) -> RecordItem {
    literal("epoch") { writer in
      writer.member("epoch", epoch)
      writer.member("was", former)
      writer.member("at", at.milliseconds)
    }
  }

  /// Another key signs. - Parameter signature: by the key before it; nil: that one is lost.
  static func key(_ key: RecordPublicKey, signature: [UInt8]?, at: Instant) -> RecordItem {
    literal("key") { writer in
      writer.member("key", key.base64)
      writer.member("signature", orNull: signature.map { Base64.padded($0) })
      writer.member("at", at.milliseconds)
    }
  }

  private static func literal(_ kind: String, _ members: (inout JSONWriter) -> Void) -> RecordItem {
    let bytes = JSONWriter.object { writer in
      writer.member("kind", kind)
      members(&writer)
    }
    return .literal(String(decoding: bytes.dropFirst(), as: UTF8.self))
  }
}
