// Request heads for tests, as the parser would yield them.
import FanoutCore

extension HTTPRequestHead {
  static func make(
    _ method: String, _ target: String, _ fields: [(String, String)] = []
  ) -> HTTPRequestHead {
    var bytes: [UInt8] = []
    func append(_ text: String) -> Range<Int> {
      let start = bytes.count
      bytes += text.utf8
      return start..<bytes.count
    }
    let methodRange = append(method)
    _ = append(" ")
    let targetRange = append(target)
    _ = append(" HTTP/1.1\r\n")
    var ranges: [Range<Int>] = []
    for field in fields {
      ranges.append(append(field.0))
      _ = append(": ")
      ranges.append(append(field.1))
      _ = append("\r\n")
    }
    _ = append("\r\n")
    return HTTPRequestHead(
      bytes: bytes, methodRange: methodRange, targetRange: targetRange, fields: ranges, minorVersion: 1)
  }
}

extension HTTPResponse {
  /// The value of the first field of this name.
  func value(_ name: String) -> String? {
    for line in String(decoding: fieldLines, as: UTF8.self).split(separator: "\r\n")
    where line.hasPrefix(name + ": ") {
      return String(line.dropFirst(name.count + 2))
    }
    return nil
  }
  var text: String { String(decoding: body, as: UTF8.self) }
}
