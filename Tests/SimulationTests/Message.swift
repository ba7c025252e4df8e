// The JSON objects that a server sends, taken apart in one pass. It shares no code with the server.

/// One object. Members that are objects or arrays are kept as their text without quotes.
struct Message {
  private var members: [String: String] = [:]

  init(_ text: String) {
    var scan = Scan()
    for byte in text.utf8.dropFirst().dropLast() { scan.take(byte, &members) }
    scan.end(&members)
  }

  private struct Scan {
    private var key: String?
    private var current: [UInt8] = []
    private var isQuoted = false
    private var isEscaped = false
    private var depth = 0

    mutating func take(_ byte: UInt8, _ members: inout [String: String]) {
      switch byte {
      case _ where isEscaped:
        isEscaped = false
        current.append(byte)
      case UInt8(ascii: "\\") where isQuoted: isEscaped = true
      case UInt8(ascii: "\""): isQuoted.toggle()
      case _ where isQuoted: current.append(byte)
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        current.append(byte)
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        current.append(byte)
      case UInt8(ascii: ":") where key == nil && depth == 0:
        key = String(decoding: current, as: UTF8.self)
        current = []
      case UInt8(ascii: ",") where depth == 0: end(&members)
      default: current.append(byte)
      }
    }

    mutating func end(_ members: inout [String: String]) {
      if let key { members[key] = String(decoding: current, as: UTF8.self) }
      (key, current) = (nil, [])
    }
  }

  var type: String { members["type"] ?? "" }
  func text(_ name: String) -> String? { members[name] }
  func number(_ name: String) -> Int64? { members[name].flatMap { Int64($0) } }
  func seq(_ name: String) -> UInt64? { members[name].flatMap { UInt64($0) } }

  /// Free seats of each ticket type, of `[{id:1,available:3},{id:2,available:0}]`; nil: the message does not tell them.
  var types: [Int64: Int64]? {
    guard let text = members["types"] else { return nil }
    var types: [Int64: Int64] = [:]
    for part in text.split(whereSeparator: { "[]{}".contains($0) }) where part != "," {
      var numbers: [Substring: Int64] = [:]
      for member in part.split(separator: ",") {
        let words = member.split(separator: ":")
        if words.count == 2 { numbers[words[0]] = Int64(words[1]) }
      }
      guard let id = numbers["id"], let available = numbers["available"] else { return nil }
      types[id] = available
    }
    return types
  }
}
