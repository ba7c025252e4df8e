// gzip (RFC 1952) of a whole file, by zlib, for files that are compressed once and sent often. Pure.
import CZlib

enum Gzip {
  /// The bytes compressed at the highest level; nil when zlib refuses, for lack of memory.
  static func compress(_ bytes: [UInt8]) -> [UInt8]? {
    var stream = unsafe z_stream()
    guard unsafe seatcast_begin_gzip(&stream) == Z_OK else { return nil }
    defer { unsafe deflateEnd(&stream) }
    var output = [UInt8](repeating: 0, count: unsafe Int(deflateBound(&stream, UInt(bytes.count))))
    let (result, count) = unsafe bytes.withUnsafeBufferPointer { input in
      unsafe output.withUnsafeMutableBufferPointer { room in
        // zlib reads through this pointer only; its type says otherwise for the sake of old compilers.
        unsafe stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        unsafe stream.avail_in = UInt32(input.count)
        unsafe stream.next_out = room.baseAddress
        unsafe stream.avail_out = UInt32(room.count)
        return unsafe (deflate(&stream, Z_FINISH), Int(stream.total_out))
      }
    }
    guard result == Z_STREAM_END else { return nil }
    output.removeSubrange(count...)
    return output
  }

  /// Whether an answer may be compressed by gzip, and is not less welcome than a plain one (RFC 9110, section 12.5.3).
  /// - Parameter fields: the values of `Accept-Encoding`; without any, the plain bytes are sent.
  static func isWanted(by fields: [String]) -> Bool {
    var weights: [String: Double] = [:]
    for item in fields.flatMap({ $0.split(separator: ",") }) {
      let parts = item.split(separator: ";").map { $0.trimmed.lowercased() }
      guard let coding = parts.first else { continue }
      let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
      weights[coding == "x-gzip" ? "gzip" : coding] = weight
    }
    guard let gzip = weights["gzip"] ?? weights["*"], gzip > 0 else { return false }
    return gzip >= weights["identity"] ?? 0
  }
}

extension Substring {
  fileprivate var trimmed: Substring {
    var rest = self
    while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
    while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
    return rest
  }
}
