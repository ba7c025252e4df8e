// `seatcast verify --record`: reads a file through the verifier, and tells the verdict. Blocks; any thread.

import Glibc

public struct RecordVerdict: Sendable, Equatable {
  /// Whether everything holds.
  public let isGood: Bool
  /// For people, with a line break at its end.
  public let text: String
  /// For scripts, without one.
  public let json: [UInt8]
}

public enum RecordVerification {
  /// - Parameters:
  ///   - key: PEM text of the key that the reader trusts; nil: the record's own is told and taken.
  ///   - heads: signed notes that somebody kept, one after the other; nil: none.
  /// - Throws: when something cannot be read at all.
  public static func verify(
    _ path: String, key: String? = nil, heads: String? = nil
  ) throws(AdminAnswer.Failure) -> RecordVerdict {
    let trusted = key.map { RecordPublicKey(text: $0) }
    if case .some(nil) = trusted { throw .init(.data, "The key is no Ed25519 public key in PEM.") }
    let kept = heads.map { RecordNote.all(in: $0) }
    if case .some(nil) = kept { throw .init(.data, "The kept heads are no signed notes of a record.") }
    var verifier = RecordVerifier(trusted: trusted ?? nil, kept: (kept ?? nil) ?? [])
    do throws(RecordVerifier.Refusal) {
      try read(path, into: &verifier)
      return RecordVerdict(good: verifier, isKeyGiven: key != nil)
    } catch {
      return RecordVerdict(refused: error)
    }
  }

  private static func read(_ path: String, into verifier: inout RecordVerifier) throws(RecordVerifier.Refusal)
  {
    var lines = LineReader(path)
    while true {
      switch lines.next() {
      case .line(let line): try verifier.take(line)
      case .end: return try verifier.finish()
      case .fault(let sentence):
        throw RecordVerifier.Refusal(line: verifier.line + 1, sentence: sentence)
      }
    }
  }
}

extension RecordVerdict {
  fileprivate init(refused refusal: RecordVerifier.Refusal) {
    isGood = false
    text = "The record is not good. Line \(refusal.line) \(HarmlessText.of(refusal.sentence)).\n"
    json = JSONWriter.object { writer in
      writer.member("ok", false)
      writer.member("line", refusal.line)
      writer.member("fault", refusal.sentence)
    }
  }

  fileprivate init(good verifier: RecordVerifier, isKeyGiven: Bool) {
    let (counts, head) = (verifier.replay.counts, verifier.head?.head)
    isGood = true
    let key = verifier.key?.base64 ?? ""
    let restores = verifier.restores.map(String.init).joined(separator: ", ")
    text =
      "The record is good: nothing was oversold, no seat was sold twice, nobody jumped the queue.\n"
      + AdminText.facts([
        ("record", verifier.record), ("entries", String(verifier.chain.size)),
        ("of event", verifier.onlyEvent.map { String($0) }),
        ("events", String(counts.events)), ("bookings", String(counts.bookings)),
        ("ended", String(counts.ended)), ("seats taken", String(counts.seats)),
        ("waited", String(counts.joined)), ("offers", String(counts.offers)),
        ("passed over", counts.passed == 0 ? nil : "\(counts.passed), by a limit"),
        ("restored at", restores.isEmpty ? nil : "entry \(restores)"),
        ("head of", head.map { Timestamps.text($0.at) }), ("link", head.map { Base64.padded($0.link) }),
        ("kept heads", verifier.keptCount == 0 ? nil : "\(verifier.keptCount), of the same history"),
        ("key", isKeyGiven ? key : key + " (the record's own word: give --key to hold it against yours)"),
      ])
    json = JSONWriter.object { writer in
      writer.member("ok", true)
      writer.member("record", verifier.record)
      writer.member("entries", verifier.chain.size)
      writer.member("events", counts.events)
      writer.member("bookings", counts.bookings)
      writer.member("seats", counts.seats)
      writer.member("waited", counts.joined)
      writer.member("offers", counts.offers)
      writer.member("restores", verifier.restores.count)
      writer.member("keptHeads", verifier.keptCount)
      writer.member("epoch", orNull: head?.epoch)
      writer.member("link", orNull: head.map { Base64.padded($0.link) })
      writer.member("key", key)
      writer.member("keyGiven", isKeyGiven)
    }
  }
}

/// The lines of a file, each ended by a line break.
struct LineReader: ~Copyable {
  enum Next {
    /// Without its line break.
    case line([UInt8])
    case end
    /// The end of a sentence about the line.
    case fault(String)
  }

  private let file: Int32
  private let failure: Int32
  private var buffer: [UInt8] = []
  private var position = 0
  private var chunk = [UInt8](repeating: 0, count: 65_536)

  /// - Parameter path: `-` is standard input.
  init(_ path: String) {
    file = unsafe path == "-" ? 0 : open(path, O_RDONLY | O_CLOEXEC)
    failure = file < 0 ? errno : 0
  }

  deinit { if file > 0 { close(file) } }

  mutating func next() -> Next {
    guard file >= 0 else { return .fault("cannot be read: \(describe(errno: failure))") }
    while true {
      if let end = buffer[position...].firstIndex(of: UInt8(ascii: "\n")) {
        defer { position = end + 1 }
        return .line(Array(buffer[position..<end]))
      }
      guard buffer.count - position <= RecordLines.maximumBytes else { return .fault("is too long") }
      buffer.removeSubrange(..<position)
      position = 0
      let count = unsafe read(file, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      if count < 0 { return .fault("cannot be read: \(describe(errno: errno))") }
      if count == 0 { return buffer.isEmpty ? .end : .fault("is cut off: it has no line break at its end") }
      buffer += chunk.prefix(count)
    }
  }
}
