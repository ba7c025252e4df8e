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
    var weights: [String: Int] = [:]
    for item in WeightedItem.all(fields) { weights[item.name == "x-gzip" ? "gzip" : item.name] = item.weight }
    guard let gzip = weights["gzip"] ?? weights["*"], gzip > 0 else { return false }
    return gzip >= weights["identity"] ?? 0
  }
}
