// A folder in memory where there is one: simulations ask for thousands of commits, and what a real disk keeps is tested
// elsewhere.
import Glibc
import Synchronization

/// A new empty folder (mode 0700); removed with all that is in it at the end.
public final class MemoryFolder: Sendable {
  public let path: String
  private static let count = Atomic(0)

  public init() throws { path = try Self.make() }

  /// Makes the folder, which is the caller's to remove.
  static func make() throws -> String {
    let number = count.add(1, ordering: .relaxed).newValue
    let memory = "/dev/shm/seatcast-test-\(getpid())-\(number)"
    return unsafe mkdir(memory, 0o700) == 0 ? memory : try makeTemporaryFolder()
  }

  deinit { removeTree(path) }
}
