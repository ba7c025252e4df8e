import Glibc
import TestSupport
import Testing

@testable import seatcast

@Suite("Activation sockets")
struct ActivationSocketsTests {
  private func make(_ domain: Int32, _ kind: __socket_type, listens: Bool = true) throws -> Int32 {
    let descriptor = socket(domain, Int32(kind.rawValue), 0)
    try #require(descriptor >= 0)
    if listens { _ = listen(descriptor, 1) }
    return descriptor
  }

  @Test("a listening TCP socket is taken with its address, and closed on exec")
  func taken() throws {
    let descriptor = try make(AF_INET, SOCK_STREAM)
    defer { close(descriptor) }
    let sockets = try #require(try ActivationSockets.take(1, from: descriptor))
    #expect(sockets.descriptors == [descriptor])
    #expect(sockets.host == "0.0.0.0")
    #expect(sockets.port > 0)
    #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
    #expect(try ActivationSockets.take(0) == nil)
    var wanted = try ListenAddress(
      Settings(flags: [.host: "0.0.0.0", .port: String(sockets.port)], environment: [:], table: .serve))
    #expect(sockets.fit(wanted))
    wanted.port += 1
    #expect(!sockets.fit(wanted))
  }

  @Test("what cannot be served is a sentence that says what to change")
  func refused() throws {
    func sentence(_ descriptor: Int32) -> String {
      defer { close(descriptor) }
      do throws(StartError) {
        _ = try ActivationSockets.take(1, from: descriptor)
        return ""
      } catch {
        return error.description
      }
    }
    #expect(sentence(try make(AF_INET, SOCK_DGRAM)).contains("is no TCP socket; use ListenStream="))
    #expect(sentence(try make(AF_UNIX, SOCK_STREAM, listens: false)).contains("is no TCP socket"))
    #expect(sentence(try make(AF_INET, SOCK_STREAM, listens: false)).contains("use Accept=no"))
    #expect(sentence(unsafe open("/dev/null", O_RDONLY)).contains("is no socket"))
    #expect(sentence(1_000_000).contains("descriptor 1000000 is not open; LISTEN_FDS is wrong."))
  }
}
