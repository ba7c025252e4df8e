// The chain of the record (docs/RECORD.md): a leaf is the hash of an entry's bytes, a link the hash of the link before it
// and a leaf, each behind a byte that tells them apart (as in RFC 9162, section 2.1.1). The start is the record's name.
// A value; any thread.
import CCrypto

struct RecordChain: Sendable, Equatable {
  static let digestBytes = 32

  /// Entries so far.
  private(set) var size: UInt64
  /// Of the last entry, or the start.
  private(set) var link: [UInt8]
  /// Of the last entry.
  private(set) var leaf = [UInt8](repeating: 0, count: digestBytes)
  private var next = [UInt8](repeating: 0, count: digestBytes)

  /// The chain of this record before its first entry.
  init(of record: String) {
    size = 0
    link = Cryptography.sha256(Array("seatcast.record.v1\n\(record)\n".utf8))
  }

  /// The chain up to an entry.
  init(size: UInt64, link: [UInt8]) {
    precondition(link.count == Self.digestBytes, "a link has 32 bytes")
    (self.size, self.link) = (size, link)
  }

  mutating func add(_ entry: [UInt8]) { add(entry, entry.startIndex..<entry.endIndex) }

  /// Adds the entry that is a part of `bytes`.
  mutating func add(_ bytes: [UInt8], _ range: Range<Int>) {
    unsafe bytes.withUnsafeBufferPointer { buffer in
      let part = unsafe UnsafeBufferPointer(rebasing: buffer[range])
      unsafe ccrypto_tagged_sha256(0, part.baseAddress, part.count, nil, 0, &leaf)
    }
    addLeaf()
  }

  /// Adds an entry of which only the leaf is known.
  mutating func add(leaf: [UInt8]) {
    precondition(leaf.count == Self.digestBytes, "a leaf has 32 bytes")
    self.leaf = leaf
    addLeaf()
  }

  private mutating func addLeaf() {
    unsafe ccrypto_tagged_sha256(1, link, link.count, leaf, leaf.count, &next)
    swap(&link, &next)
    size += 1
  }

  static func == (left: RecordChain, right: RecordChain) -> Bool {
    left.size == right.size && left.link == right.link
  }
}

/// The name that a user has in the entries of one event: nobody without the key finds out whose it is, or that names of two
/// events are the same user's. The number behind it is of a row, so it stays when the person is erased.
struct RecordPseudonyms: Sendable {
  static let keyBytes = 32
  /// Bytes of the digest that are kept.
  private static let nameBytes = 12

  private let key: [UInt8]
  private var digest = [UInt8](repeating: 0, count: RecordChain.digestBytes)

  init(key: [UInt8]) {
    precondition(key.count == Self.keyBytes, "the key of pseudonyms has 32 bytes")
    self.key = key
  }

  /// 16 characters of base64url.
  mutating func name(of user: Int64, in event: Int64) -> [UInt8] {
    var message: [UInt8] = []
    message.reserveCapacity(16)
    for number in [event, user] {
      for shift in stride(from: 56, through: 0, by: -8) {
        message.append(UInt8(truncatingIfNeeded: number >> Int64(shift)))
      }
    }
    unsafe ccrypto_short_hmac(key, message, message.count, &digest)
    return Base64.encode(digest.prefix(Self.nameBytes), .urlSafe)
  }
}

extension Base64 {
  /// The standard alphabet with padding (RFC 4648, section 4), as signed notes have it.
  static func padded(_ bytes: some Collection<UInt8>) -> String {
    let text = encode(bytes, .standard)
    let padding = [UInt8](repeating: UInt8(ascii: "="), count: (4 - text.count % 4) % 4)
    return String(decoding: text + padding, as: UTF8.self)
  }

  /// Nil when `text` is not the one spelling of some bytes.
  static func unpadded(_ text: some StringProtocol) -> [UInt8]? {
    guard let bytes = decode(text.utf8.prefix { $0 != UInt8(ascii: "=") }, .standard), padded(bytes) == text
    else { return nil }
    return bytes
  }
}
