// Which thread a part belongs to, for the assertions at the entries of the plane. Checked in debug builds only; in
// release builds nothing calls it.
import Synchronization

#if canImport(Glibc)
  internal import Glibc
#endif

/// Belongs to the first thread that asks. Any thread may ask.
final class ThreadOwner: Sendable {
  private let owner = Atomic<UInt>(0)

  /// Whether the calling thread is the owner; nobody owned it before the first call.
  var isHere: Bool {
    let thread = UInt(pthread_self())
    // relaxed: a thread compares with its own number only, which no other thread writes.
    let (_, current) = owner.compareExchange(expected: 0, desired: thread, ordering: .relaxed)
    return current == 0 || current == thread
  }
}
