#if Cluster
  // Text that PostgreSQL can keep: it takes every character but NUL. NUL is written as U+10FFFF and `0`, and U+10FFFF, which is no
  // character and hence never seen, as itself and `1`: two texts never become one, which matters for names of people.

  enum PostgresText {
    /// U+10FFFF in UTF-8.
    private static let mark: [UInt8] = [0xF4, 0x8F, 0xBF, 0xBF]

    static func append(_ text: String, to bytes: inout [UInt8]) {
      guard text.utf8.contains(where: { $0 == 0 || $0 == mark[0] }) else {
        return bytes.append(contentsOf: text.utf8)
      }
      for scalar in text.unicodeScalars {
        switch scalar.value {
        case 0: bytes += mark + [UInt8(ascii: "0")]
        case 0x10_FFFF: bytes += mark + [UInt8(ascii: "1")]
        default: bytes.append(contentsOf: String(scalar).utf8)
        }
      }
    }

    /// As it is kept.
    static func stored(_ text: String) -> String {
      var bytes: [UInt8] = []
      append(text, to: &bytes)
      return String(decoding: bytes, as: UTF8.self)
    }

    /// The text that is kept as this one.
    static func plain(_ stored: String) -> String {
      unsafe Array(stored.utf8).withUnsafeBytes { unsafe text($0) }
    }

    static func text(_ bytes: UnsafeRawBufferPointer) -> String {
      guard unsafe bytes.contains(mark[0]) else { return unsafe String(decoding: bytes, as: UTF8.self) }
      var plain: [UInt8] = []
      var rest = unsafe Array(bytes)[...]
      while let byte = rest.first {
        if rest.starts(with: mark), rest.count > mark.count {
          plain += rest[rest.startIndex + mark.count] == UInt8(ascii: "0") ? [0] : mark
          rest = rest.dropFirst(mark.count + 1)
        } else {
          plain.append(byte)
          rest = rest.dropFirst()
        }
      }
      return String(decoding: plain, as: UTF8.self)
    }
  }
#endif
