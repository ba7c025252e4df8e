import Glibc
import Testing

@testable import SeatcastClient

/// Also of what only a network shows of `NetworkThread`, `Link` and `TLSSession`; the end-to-end tests speak TLS.
@Suite("SocketAddress")
struct SocketAddressTests {
  @Test("Numeric addresses are read without asking anybody")
  func numeric() async throws {
    #expect(try await SocketAddress.resolve("127.0.0.1", port: 80).map(\.family) == [AF_INET])
    #expect(try await SocketAddress.resolve("::1", port: 80).map(\.family) == [AF_INET6])
    #expect(try await !SocketAddress.resolve("localhost", port: 80).isEmpty)
  }
}
