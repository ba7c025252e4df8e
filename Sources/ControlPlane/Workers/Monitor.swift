// A value that threads share under one mutex, with one condition to wait on. Blocking on purpose: only
// workers, hashers and the ledger wait here, loops only pass through. Waits end by `notify`, never by luck:
// every function that changes what a waiter waits for notifies.

import Glibc

@safe public final class Monitor<State>: @unchecked Sendable {
  /// At a fixed place, as POSIX demands of both; initialized in `init`, destroyed in `deinit`.
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>
  /// Touched only while `mutex` is held.
  private var state: State

  public init(_ state: State) {
    self.state = state
    unsafe mutex = .allocate(capacity: 1)
    unsafe condition = .allocate(capacity: 1)
    unsafe check(pthread_mutex_init(mutex, nil))
    var attributes = pthread_condattr_t()
    unsafe check(pthread_condattr_init(&attributes))
    unsafe check(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC))
    unsafe check(pthread_cond_init(condition, &attributes))
    unsafe pthread_condattr_destroy(&attributes)
  }

  deinit {
    unsafe pthread_cond_destroy(condition)
    unsafe pthread_mutex_destroy(mutex)
    unsafe condition.deallocate()
    unsafe mutex.deallocate()
  }

  public func withLock<Result>(_ body: (inout State) -> Result) -> Result {
    unsafe check(pthread_mutex_lock(mutex))
    defer { unsafe check(pthread_mutex_unlock(mutex)) }
    return body(&state)
  }

  /// Wakes one waiter.
  public func notifyOne() { unsafe check(pthread_cond_signal(condition)) }

  public func notifyAll() { unsafe check(pthread_cond_broadcast(condition)) }

  /// Asks `body` until it gives a value, and sleeps between a nil and the next notification.
  /// - Parameter milliseconds: gives up after this time; nil: never.
  /// - Returns: nil only when the time is up.
  public func wait<Result>(milliseconds: Int? = nil, _ body: (inout State) -> Result?) -> Result? {
    unsafe check(pthread_mutex_lock(mutex))
    defer { unsafe check(pthread_mutex_unlock(mutex)) }
    var deadline = milliseconds.map(Self.deadline(in:))
    while true {
      if let result = body(&state) { return result }
      if sleep(until: &deadline) == ETIMEDOUT { return body(&state) }
    }
  }

  private func sleep(until deadline: inout timespec?) -> Int32 {
    guard var moment = deadline else { return unsafe pthread_cond_wait(condition, mutex) }
    return unsafe pthread_cond_timedwait(condition, mutex, &moment)
  }

  private static func deadline(in milliseconds: Int) -> timespec {
    var moment = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &moment)
    let nanoseconds = moment.tv_nsec + milliseconds % 1000 * 1_000_000
    moment.tv_sec += milliseconds / 1000 + nanoseconds / 1_000_000_000
    moment.tv_nsec = nanoseconds % 1_000_000_000
    return moment
  }
}

/// These calls fail only when the program is wrong.
private func check(_ code: Int32) { precondition(code == 0, "a lock was misused (error \(code))") }
