import CUVShim
import Glibc
import Testing

@Suite struct ProcessTests {
  @Test("the soft descriptor limit is raised to the hard one")
  func raisesLimit() async {
    // In a process of its own: the limit belongs to all tests.
    await #expect(processExitsWith: .success) {
      var limit = rlimit()
      unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      limit.rlim_cur = 64
      unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      let answer = cuv_raise_descriptor_limit()
      var now = rlimit()
      unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &now)
      guard answer == Int64(now.rlim_cur), now.rlim_cur == limit.rlim_max else {
        fatalError("raised to \(answer), in force \(now.rlim_cur), hard \(limit.rlim_max)")
      }
    }
  }

  @Test("a thread with a descriptor table of its own opens and closes nobody else's descriptors")
  func ownsTable() throws {
    let (mine, peer) = try socketPair()
    defer { close(peer) }
    // Other tests open descriptors at the same time, so the thread shows by content which one it has.
    let thread = try TestThread(name: "own-table") {
      guard cuv_own_descriptor_table() == 0, close(mine) == 0 else { fatalError("no table of its own") }
    }
    thread.join()
    #expect(fcntl(mine, F_GETFD) != -1, "what the thread closed is still open here")
    sendText("still here", to: mine)
    #expect(awaitText(from: peer) == "still here")
    close(mine)
    #expect(awaitText(from: peer) == "", "the thread has ended, so nobody else holds it")
  }
}
