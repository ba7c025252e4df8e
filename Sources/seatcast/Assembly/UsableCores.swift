// The number of cores this process may use; in a container or under taskset(1) fewer than the machine has. Read
// once, at start.
import CProcess
import FoundationEssentials

enum UsableCores {
  /// At least 1: the smaller of the affinity mask and the processor quota of the control group (cgroup v2).
  static var count: Int {
    let mask = Int(process_allowed_cores())
    let allowed = mask > 0 ? mask : ProcessInfo.processInfo.activeProcessorCount
    return max(1, min(allowed, quota(cgroup: text("/proc/self/cgroup"), read: text) ?? allowed))
  }

  /// The smallest quota among the process's group and those above it, in whole cores, rounded up.
  /// - Parameters:
  ///   - cgroup: the content of `/proc/self/cgroup`; its line `0::/path` names the group.
  ///   - read: the content of a file, nil when there is none.
  /// - Returns: nil when no group has a quota.
  static func quota(cgroup: String?, read: (String) -> String?) -> Int? {
    guard let line = cgroup?.split(separator: "\n").first(where: { $0.hasPrefix("0::") }) else { return nil }
    var group = line.dropFirst("0::".count).split(separator: "/")
    var smallest: Int?
    while true {
      let path = (["/sys/fs/cgroup"] + group.map(String.init) + ["cpu.max"]).joined(separator: "/")
      if let cores = read(path).flatMap(cores) { smallest = min(smallest ?? cores, cores) }
      guard group.popLast() != nil else { return smallest }
    }
  }

  /// `150000 100000` is two cores; `max 100000` is no quota.
  private static func cores(_ cpuMax: String) -> Int? {
    let words = cpuMax.split(whereSeparator: \.isWhitespace)
    guard words.count == 2, let quota = Int(words[0]), let period = Int(words[1]), quota > 0, period > 0
    else { return nil }
    return (quota + period - 1) / period
  }

  private static func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
}
