import FoundationEssentials
import TestSupport
import Testing

@testable import seatcast

@Suite("Usable cores")
struct UsableCoresTests {
  private func quota(_ cgroup: String?, _ files: [String: String] = [:]) -> Int? {
    UsableCores.quota(cgroup: cgroup) { files[$0] }
  }

  @Test(
    "A quota is rounded up to whole cores",
    arguments: [("100000", 1), ("150000", 2), ("1", 1), ("800000", 8)])
  func rounding(quota text: String, cores: Int) {
    #expect(quota("0::/a\n", ["/sys/fs/cgroup/a/cpu.max": "\(text) 100000\n"]) == cores)
  }

  @Test("The smallest quota on the way to the root counts")
  func smallest() {
    let files = [
      "/sys/fs/cgroup/a/b/cpu.max": "max 100000\n", "/sys/fs/cgroup/a/cpu.max": "300000 100000\n",
      "/sys/fs/cgroup/cpu.max": "400000 100000\n",
    ]
    #expect(quota("0::/a/b\n", files) == 3)
  }

  @Test("Without a quota, a group or a readable file there is none")
  func none() {
    #expect(quota(nil) == nil)
    #expect(quota("") == nil)
    #expect(quota("0::/a\n") == nil)
    #expect(quota("0::/\n", ["/sys/fs/cgroup/cpu.max": "max 100000\n"]) == nil)
    #expect(quota("0::/\n", ["/sys/fs/cgroup/cpu.max": "nonsense\n"]) == nil)
    #expect(quota("5:cpu:/a\n", ["/sys/fs/cgroup/a/cpu.max": "100000 100000\n"]) == nil)
  }

  @Test("The affinity mask of the process bounds it")
  func affinity() throws {
    #expect(UsableCores.count >= 1)
    #expect(UsableCores.count <= ProcessInfo.processInfo.processorCount)
  }
}
