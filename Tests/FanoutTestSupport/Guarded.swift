// A value under a POSIX mutex. The standard library's Mutex is invisible to the thread sanitizer, which would then
// see races where there are none.
import Glibc

@safe final class Guarded<Value>: @unchecked Sendable {
  /// At a fixed place, as POSIX demands.
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  /// Touched only while `mutex` is held.
  private var value: Value

  init(_ value: Value) {
    self.value = value
    unsafe mutex = .allocate(capacity: 1)
    unsafe pthread_mutex_init(mutex, nil)
  }

  deinit {
    unsafe pthread_mutex_destroy(mutex)
    unsafe mutex.deallocate()
  }

  func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    return body(&value)
  }
}
