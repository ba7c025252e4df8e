// permessage-deflate (RFC 7692) as one loop does it: notices are compressed once for many connections, and what clients
// send is inflated by one inflater, because no message of theirs refers to an earlier one. Made when the first client
// asks for it; a loop whose clients do not ask has none of it.
//
// Invariant: a compressed frame refers to nothing but itself and the text that it was given as the one before it.
// One loop's thread.
internal import CUVShim

/// Compresses and inflates the messages of one loop.
@safe final class Compressor {
  /// Bits of the window of frames that stand alone: the smallest that zlib has, so that every client can read them.
  static let standaloneWindow = 9
  /// Bits of the window of frames that refer to the notice before them: room for two long notices.
  static let sharedWindow = 11

  private var standalone: OpaquePointer?
  private var shared: OpaquePointer?
  private var inflater: OpaquePointer?
  /// Lent to zlib; its content is dead between calls.
  private var room: [UInt8] = []

  init() {}

  deinit {
    unsafe cuv_deflater_destroy(standalone)
    unsafe cuv_deflater_destroy(shared)
    unsafe cuv_inflater_destroy(inflater)
  }

  /// Makes what is needed, once. False: there is no memory for it; then nothing may be negotiated.
  func prepare() -> Bool {
    if unsafe inflater != nil { return true }
    guard unsafe standalone != nil || cuv_deflater_create(&standalone, Int32(Self.standaloneWindow)) == 0,
      unsafe shared != nil || cuv_deflater_create(&shared, Int32(Self.sharedWindow)) == 0
    else { return false }
    return unsafe cuv_inflater_create(&inflater) == 0
  }

  // MARK: Compressing

  /// Appends a frame with the compressed text, which stands alone.
  func appendStandalone(_ text: [UInt8], as opcode: Opcode = .text, to frames: inout [UInt8]) {
    guard let deflater = unsafe standalone else { preconditionFailure(Self.unprepared) }
    append(opcode, unsafe deflate(text, after: [], deflater), to: &frames)
  }

  /// Appends a frame with the compressed text for whoever had `previous` as its last compressed message.
  /// - Parameter previous: of no bytes: not known; then the frame stands alone.
  func appendShared(_ text: [UInt8], after previous: [UInt8], to frames: inout [UInt8]) {
    guard let deflater = unsafe shared else { preconditionFailure(Self.unprepared) }
    append(.text, unsafe deflate(text, after: previous, deflater), to: &frames)
  }

  private static let unprepared = "messages are compressed when some client has asked for it"

  private func append(_ opcode: Opcode, _ count: Int, to frames: inout [UInt8]) {
    FrameEncoder.appendHeader(opcode, isDeflated: true, payload: count, to: &frames)
    // A reference of its own, for as long as the span borrows the bytes.
    let made = room
    frames.append(made.span.extracting(0..<count))
  }

  /// Compresses into `room`; returns the number of bytes.
  private func deflate(_ text: [UInt8], after previous: [UInt8], _ deflater: OpaquePointer) -> Int {
    let bound = unsafe cuv_deflate_bound(deflater, text.count)
    if room.count < bound || room.count > 2 * max(bound, Limits.receiveBytes) {
      room = [UInt8](repeating: 0, count: bound)
    }
    let (capacity, count) = (room.count, text.count)
    let made = unsafe text.withUnsafeBytes { text in
      unsafe previous.withUnsafeBytes { previous in
        unsafe cuv_deflate(
          deflater, previous.baseAddress, previous.count, text.baseAddress, count, &room, capacity)
      }
    }
    // It allocates nothing, and there is room.
    precondition(made > 0, "zlib compresses every message for which there is room")
    return made
  }

  // MARK: Inflating

  /// What a client's compressed message becomes.
  enum Inflated: Equatable {
    case bytes([UInt8])
    /// It is larger than the limit, up to which it was inflated.
    case tooBig
    /// It is no whole DEFLATE data.
    case broken
    /// There is no memory for it.
    case failed
  }

  /// Inflates one message (RFC 7692, section 7.2.2).
  /// - Parameter limit: bytes that it may become.
  func inflate(_ payload: [UInt8], limit: Int) -> Inflated {
    guard let inflater = unsafe inflater else { preconditionFailure(Self.unprepared) }
    var inflated: UnsafePointer<UInt8>?
    let count = unsafe payload.withUnsafeBytes { payload in
      unsafe cuv_inflate(inflater, payload.baseAddress, payload.count, limit, &inflated)
    }
    guard count >= 0 else {
      return count == -Self.messageSize ? .tooBig : count == -Self.noMemory ? .failed : .broken
    }
    return .bytes(unsafe Array(UnsafeBufferPointer(start: inflated, count: count)))
  }

  /// `EMSGSIZE` and `ENOMEM` on Linux.
  private static let messageSize = 90
  private static let noMemory = 12
}
