// The paths that `--admin-listen` takes from the public listener: health, metrics, the server's numbers, and looks into it.
// Escapes are resolved, because the control plane resolves them, too. Pure.
import FanoutCore

enum AdministrationPaths {
  static func contains(_ head: HTTPRequestHead) -> Bool {
    let path = unescaped(head.bytes[head.pathRange])
    return Pages.healthPaths.contains(path) || path.hasPrefix("/debug/") || path.hasPrefix("/api/server/")
      || path == "/api/cluster"
  }

  /// What is no escape stays as it is.
  private static func unescaped(_ path: ArraySlice<UInt8>) -> String {
    guard path.contains(UInt8(ascii: "%")) else { return String(decoding: path, as: UTF8.self) }
    var (bytes, index): ([UInt8], Int) = ([], path.startIndex)
    while index < path.endIndex {
      if path[index] == UInt8(ascii: "%"), index + 2 < path.endIndex,
        let byte = UInt8(String(decoding: path[index + 1...index + 2], as: UTF8.self), radix: 16)
      {
        bytes.append(byte)
        index += 3
      } else {
        bytes.append(path[index])
        index += 1
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
