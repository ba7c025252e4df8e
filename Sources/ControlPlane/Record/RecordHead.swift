// A signed head: how many entries the record has, the last one's link, and a signature. A signed note (C2SP signed-note)
// whose text has the lines of a checkpoint (C2SP tlog-checkpoint), with the chain's link in the place of a tree's root.
// Whoever keeps one can prove later that the entries it covers were not changed. A value; any thread.

struct RecordHead: Sendable, Equatable {
  /// Names the record; never changes.
  let record: String
  let size: UInt64
  let link: [UInt8]
  let epoch: String
  let at: Instant

  /// The first line, and the name of the keys.
  static func origin(of record: String) -> String { "seatcast.record.v1/\(record)" }

  /// What is signed: its last line break included, the empty line behind it not.
  var text: String {
    """
    \(Self.origin(of: record))
    \(size)
    \(Base64.padded(link))
    epoch \(epoch)
    time \(at.milliseconds)

    """
  }

  func note(signedBy key: RecordKey) -> String {
    let signature = key.signature(of: Array(text.utf8))
    let word = Base64.padded(Self.keyID(of: key.publicKey, for: record) + signature)
    return "\(text)\n\u{2014} \(Self.origin(of: record)) \(word)\n"
  }

  /// The first four bytes of a hash of name, algorithm and key; they only tell which key to try.
  static func keyID(of key: RecordPublicKey, for record: String) -> [UInt8] {
    Array(Cryptography.sha256(Array(origin(of: record).utf8) + [0x0A, 0x01] + key.bytes).prefix(4))
  }
}

/// A head as it was read, with its signature, which is not verified yet.
struct RecordNote: Sendable, Equatable {
  let head: RecordHead
  let keyID: [UInt8]
  let signature: [UInt8]

  /// Nil unless `text` is exactly what `RecordHead.note` makes.
  init?(_ text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.count == 8, lines[5].isEmpty, lines[7].isEmpty else { return nil }
    let origin = RecordHead.origin(of: "")
    guard lines[0].hasPrefix(origin), let size = Decimal.parse(lines[1].utf8),
      let link = Base64.unpadded(lines[2]), link.count == RecordChain.digestBytes,
      lines[3].hasPrefix("epoch "), lines[4].hasPrefix("time "),
      let at = Decimal.parse(lines[4].dropFirst("time ".count).utf8).flatMap({ Int64(exactly: $0) })
    else { return nil }
    head = RecordHead(
      record: String(lines[0].dropFirst(origin.count)), size: size, link: link,
      epoch: String(lines[3].dropFirst("epoch ".count)), at: Instant(milliseconds: at))
    let words = lines[6].split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 3, words[0] == "\u{2014}", words[1] == lines[0],
      let signed = Base64.unpadded(words[2]), signed.count == 4 + RecordKey.signatureBytes
    else { return nil }
    (keyID, signature) = (Array(signed.prefix(4)), Array(signed.dropFirst(4)))
  }

  /// All notes of a text that has one after the other, as somebody keeps them; nil: something in it is none.
  static func all(in text: String) -> [RecordNote]? {
    var (notes, lines): ([RecordNote], [Substring]) = ([], [])
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if lines.isEmpty, line.isEmpty { continue }
      lines.append(line)
      guard line.hasPrefix("\u{2014} ") else { continue }
      guard let note = RecordNote(lines.joined(separator: "\n") + "\n") else { return nil }
      notes.append(note)
      lines = []
    }
    return lines.isEmpty ? notes : nil
  }

  func isSigned(by key: RecordPublicKey) -> Bool {
    RecordHead.keyID(of: key, for: head.record) == keyID
      && key.verifies(signature, of: Array(head.text.utf8))
  }
}

extension RecordPublicKey {
  /// What a key signs to hand over to the next one.
  func handover(of record: String) -> [UInt8] {
    Array("\(RecordHead.origin(of: record))\nnext key\n\(base64)\n".utf8)
  }
}
