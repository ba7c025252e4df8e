import TestSupport
import Testing

@testable import SeatcastClient

@Suite("NetworkThread", .timeLimit(.minutes(30)))
struct NetworkThreadTests {
  @Test("The thread ends with its network, and takes its descriptors along")
  func ends() async throws {
    weak var ended: NetworkThread?
    do {
      let thread = try NetworkThread()
      #expect(thread.isIsolatingCurrentContext() == false)
      ended = thread
      thread.stop()
    }
    #expect(ended == nil)
    weak var gone: Network?
    do {
      let network = try Network()
      gone = network
      await #expect(throws: ClientError.self) {
        try await network.open(ServerAddress("http://127.0.0.1:1"), tls: nil, within: .seconds(20))
      }
    }
    while gone != nil { try await Task.sleep(for: .milliseconds(5)) }
  }
}
