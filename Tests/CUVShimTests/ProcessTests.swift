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
}
