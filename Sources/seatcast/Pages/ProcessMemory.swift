// The memory of this process as the kernel counts it (proc_pid_statm(5)). Reading procfs touches no disk, so a loop
// may do it. Any thread.
import Glibc

struct ProcessMemory: Equatable, Sendable {
  /// Resident bytes, including the shared pages of program and libraries.
  var resident: UInt64
  /// Resident bytes that are not backed by a file: heap and stacks.
  var anonymous: UInt64

  /// Zeros when `/proc` is not available.
  static var now: ProcessMemory {
    var text = [UInt8](repeating: 0, count: 128)
    let file = unsafe open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return ProcessMemory(resident: 0, anonymous: 0) }
    defer { close(file) }
    let count = unsafe text.withUnsafeMutableBytes { unsafe read(file, $0.baseAddress, $0.count) }
    return ProcessMemory(
      statm: text.prefix(max(count, 0)), page: UInt64(max(sysconf(Int32(_SC_PAGESIZE)), 0)))
  }

  init(resident: UInt64, anonymous: UInt64) { (self.resident, self.anonymous) = (resident, anonymous) }

  /// - Parameter statm: "size resident shared text lib data dt", in pages.
  init(statm: some Sequence<UInt8>, page: UInt64) {
    let words = String(decoding: Array(statm), as: UTF8.self).split(separator: " ").map { UInt64($0) ?? 0 }
    let (resident, shared) = words.count > 2 ? (words[1], words[2]) : (0, 0)
    self.init(resident: resident * page, anonymous: (resident - min(shared, resident)) * page)
  }
}
