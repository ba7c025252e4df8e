// The flat JSON objects that a server sends, taken apart in one pass. It shares no code with the server.

/// One object whose members are strings, numbers and truth values.
struct Message {
  private var members: [String: String] = [:]

  init(_ text: String) {
    var key: String?
    var current: [UInt8] = []
    var isQuoted = false
    var isEscaped = false
    for byte in text.utf8.dropFirst().dropLast() {
      if isQuoted {
        if isEscaped {
          isEscaped = false
          current.append(byte)
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isQuoted = false
        } else {
          current.append(byte)
        }
      } else if byte == UInt8(ascii: "\"") {
        isQuoted = true
      } else if byte == UInt8(ascii: ":"), key == nil {
        key = String(decoding: current, as: UTF8.self)
        current = []
      } else if byte == UInt8(ascii: ",") {
        if let key { members[key] = String(decoding: current, as: UTF8.self) }
        key = nil
        current = []
      } else {
        current.append(byte)
      }
    }
    if let key { members[key] = String(decoding: current, as: UTF8.self) }
  }

  var type: String { members["type"] ?? "" }
  func text(_ name: String) -> String? { members[name] }
  func number(_ name: String) -> Int64? { members[name].flatMap { Int64($0) } }
  func seq(_ name: String) -> UInt64? { members[name].flatMap { UInt64($0) } }
}
