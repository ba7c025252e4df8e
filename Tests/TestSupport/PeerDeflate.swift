// permessage-deflate (RFC 7692) as a client does it, made for what the server's answer says. It shares no code with the server.
import CDeflateClient

/// A client's two streams of one connection. One thread at a time.
@safe public final class PeerDeflate: @unchecked Sendable {
  /// Whether what the server sends may refer to earlier messages.
  public let keepsWindow: Bool
  public let serverBits: Int
  private let client: OpaquePointer
  /// The largest message that is read.
  private let capacity: Int

  /// - Parameter field: the value of `Sec-WebSocket-Extensions` in the server's answer. Throws when it is not one that a
  ///   client may agree to.
  public init(agreed field: String, capacity: Int = 1 << 16) throws {
    let words = field.split(separator: ";").map { $0.filter { $0 != " " } }
    guard words.first == "permessage-deflate", !field.contains(",") else {
      throw TestFailure("the server agreed to \(field)")
    }
    var (bits, keeps) = (15, true)
    for word in words.dropFirst() {
      switch word {
      case "client_no_context_takeover": break
      case "server_no_context_takeover": keeps = false
      case let word where word.hasPrefix("server_max_window_bits="):
        bits = Int(word.dropFirst("server_max_window_bits=".count)) ?? 0
      default: throw TestFailure("the server agreed to \(word)")
      }
    }
    guard (8...15).contains(bits),
      let client = unsafe cdeflate_client_create(Int32(bits), keeps ? 1 : 0, 15)
    else { throw TestFailure("no client for \(field)") }
    unsafe self.client = client
    (keepsWindow, serverBits, self.capacity) = (keeps, bits, capacity)
  }

  deinit { unsafe cdeflate_client_destroy(client) }

  /// A message of the server; nil: a client cannot read it.
  public func inflate(_ payload: [UInt8]) -> [UInt8]? {
    var room = [UInt8](repeating: 0, count: capacity)
    let count = unsafe cdeflate_client_inflate(client, payload, payload.count, &room, room.count)
    return count < 0 ? nil : Array(room[..<count])
  }

  /// A message for the server.
  public func deflate(_ message: [UInt8]) -> [UInt8] {
    var room = [UInt8](repeating: 0, count: 2 * message.count + 64)
    let count = unsafe cdeflate_client_deflate(client, message, message.count, &room, room.count)
    return Array(room[..<max(0, count)])
  }
}
