import TestSupport
import Testing

@testable import ControlPlane

@Suite("NamedThread")
struct NamedThreadTests {
  @Test("the body runs on a thread that the system knows by name")
  func name() throws {
    let name = Monitor("")
    let thread = try NamedThread("quiet-fellow-with-a-long-name") {
      let comm = contents(of: "/proc/thread-self/comm") ?? []
      name.withLock { $0 = String(decoding: comm, as: UTF8.self) }
    }
    thread.join()
    #expect(name.withLock { $0 } == "quiet-fellow-wi\n")
  }

  @Test("errors are told in the system's words")
  func words() { #expect(describe(errno: 2) == "No such file or directory") }
}
