// The manager's end of sd_notify(3): a datagram socket that a test reads.
import Glibc
import TestSupport
import Testing

@testable import seatcast

@safe final class NotifySocket {
  let address: NotifyAddress
  private let descriptor: Int32

  init(_ text: String) throws {
    address = try #require(NotifyAddress(text))
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    let descriptor = descriptor
    let result = unsafe address.withAddress { unsafe bind(descriptor, $0, $1) }
    try #require(result == 0, "errno \(errno)")
  }

  deinit { close(descriptor) }

  /// The lines of the next datagram; nil when none comes in time.
  func next(within milliseconds: Int32 = 30_000) -> [String]? {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&entry, 1, milliseconds) == 1 else { return nil }
    var bytes = [UInt8](repeating: 0, count: 4_096)
    let count = unsafe recv(descriptor, &bytes, bytes.count, 0)
    guard count >= 0 else { return nil }
    return String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
