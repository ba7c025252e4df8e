// An operating-system thread with a name that `top -H` and debuggers show.

import Glibc

public struct NamedThread: Sendable {
  private let id: pthread_t

  /// - Parameter name: at most 15 bytes, as Linux keeps them; longer ones are cut.
  /// - Throws: `StartFailure` when the machine refuses another thread.
  public init(_ name: String, _ body: @escaping @Sendable () -> Void) throws(StartFailure) {
    let task = unsafe Unmanaged.passRetained(ThreadTask(name: name, body: body))
    var id = pthread_t()
    let code = unsafe pthread_create(
      &id, nil,
      { argument in
        guard let argument = unsafe argument else { return nil }
        let task = unsafe Unmanaged<ThreadTask>.fromOpaque(argument).takeRetainedValue()
        nameThisThread(task.name)
        task.body()
        return nil
      }, task.toOpaque())
    guard code == 0 else {
      unsafe task.release()
      throw StartFailure("cannot start the thread \(name): \(describe(errno: code))")
    }
    self.id = id
  }

  /// Waits for the end of the body. Once only.
  public func join() {
    let code = pthread_join(id, nil)
    precondition(code == 0, "a thread is joined once, and not by itself")
  }
}

private final class ThreadTask: Sendable {
  let name: String
  let body: @Sendable () -> Void
  init(name: String, body: @escaping @Sendable () -> Void) { (self.name, self.body) = (name, body) }
}

/// A value that one thread makes and another one then owns alone: the maker keeps no reference to it.
struct Handover<Value>: @unchecked Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
}

/// By the kernel's file for it, since Swift imports neither `pthread_setname_np` nor `prctl`. A thread
/// without a name works as well, so failures are let go.
private func nameThisThread(_ name: String) {
  let file = unsafe open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
  guard file >= 0 else { return }
  let bytes = Array(name.utf8.prefix(15))
  _ = unsafe write(file, bytes, bytes.count)
  close(file)
}

/// The system's own words.
func describe(errno code: Int32) -> String { unsafe String(cString: strerror(code)) }
