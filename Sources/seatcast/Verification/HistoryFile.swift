// Reads a file of JSON lines piece by piece, so that its size does not matter, and says in which line something is wrong. Blocks.
import Glibc

enum HistoryFile {
  /// A line of a history is a message or an answer; none of them is this long.
  static let longestLine = 1 << 20
  private static let pieceBytes = 1 << 18

  /// Gives each line that is not empty, with its number from 1.
  /// - Parameter path: `-`: standard input.
  static func read(
    _ path: String, each: (_ line: [UInt8], _ number: Int) throws(HistoryFault) -> Void
  ) throws(AdminError) {
    let descriptor = path == "-" ? STDIN_FILENO : unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path) }
    defer { if descriptor != STDIN_FILENO { close(descriptor) } }
    var lines = LineCutter()
    var piece = [UInt8](repeating: 0, count: pieceBytes)
    while true {
      let count = unsafe piece.withUnsafeMutableBytes {
        unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure(path) }
      do throws(HistoryFault) {
        if count == 0 { return try lines.finish(each) }
        try lines.take(piece[..<count], each)
      } catch {
        throw AdminError(
          "Line \(lines.number) of \(path == "-" ? "standard input" : path) \(error).",
          status: AdminError.badData)
      }
    }
  }

  private static func failure(_ path: String) -> AdminError {
    AdminError(
      "The file \(path) cannot be read: \(unsafe String(cString: strerror(errno))).",
      status: AdminError.badData)
  }
}

/// Cuts bytes that come in any pieces into lines.
struct LineCutter {
  /// Of the line that was given last, from 1.
  private(set) var number = 0
  private var rest: [UInt8] = []

  mutating func take(
    _ piece: ArraySlice<UInt8>, _ each: ([UInt8], Int) throws(HistoryFault) -> Void
  ) throws(HistoryFault) {
    var piece = piece
    while let end = piece.firstIndex(of: UInt8(ascii: "\n")) {
      try give(piece[piece.startIndex..<end], each)
      piece = piece[(end + 1)...]
    }
    rest += piece
    guard rest.count <= HistoryFile.longestLine else {
      number += 1
      throw HistoryFault("has more than \(HistoryFile.longestLine) bytes")
    }
  }

  /// The last line may lack its end.
  mutating func finish(_ each: ([UInt8], Int) throws(HistoryFault) -> Void) throws(HistoryFault) {
    if !rest.isEmpty { try give([], each) }
  }

  private mutating func give(
    _ end: ArraySlice<UInt8>, _ each: ([UInt8], Int) throws(HistoryFault) -> Void
  ) throws(HistoryFault) {
    number += 1
    let line = rest.isEmpty ? Array(end) : rest + end
    rest.removeAll(keepingCapacity: true)
    if line.contains(where: { $0 > UInt8(ascii: " ") }) { try each(line, number) }
  }
}
