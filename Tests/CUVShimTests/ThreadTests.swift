import CUVShim
import Glibc
import Synchronization
import Testing

@Suite struct ThreadTests {
  @Test("a thread runs its body once, and join waits for the end")
  func runsAndJoins() throws {
    let counter = Counter()
    let thread = try TestThread(name: "counting") { counter.value.add(1, ordering: .relaxed) }
    thread.join()
    #expect(counter.now == 1)
  }

  @Test("a thread carries its name, cut to 15 bytes")
  func carriesName() throws {
    let seen = Mutex("")
    let box = Box(seen)
    let thread = try TestThread(name: "a name of more than fifteen") { box.store(currentThreadName()) }
    thread.join()
    #expect(box.load() == "a name of more ")
  }

  @Test("a thread leaves the process's signals to the main thread, but not its own faults")
  func blocksRequests() throws {
    let box = Box(Mutex(""))
    let thread = try TestThread(name: "signals") {
      var mask = sigset_t()
      _ = unsafe pthread_sigmask(0, nil, &mask)
      let term = unsafe sigismember(&mask, SIGTERM)
      let fault = unsafe sigismember(&mask, SIGSEGV)
      box.store("\(term) \(fault)")
    }
    thread.join()
    #expect(box.load() == "1 0")
  }
}

/// As the kernel shows it; Glibc's Swift module does not have pthread_getname_np.
private func currentThreadName() -> String {
  guard let file = unsafe fopen("/proc/thread-self/comm", "r") else { return "" }
  defer { unsafe fclose(file) }
  var line = [UInt8](repeating: 0, count: 64)
  let count = unsafe fread(&line, 1, line.count, file)
  return String(decoding: line.prefix(count).prefix { $0 != 0x0a }, as: UTF8.self)
}

private final class Counter: Sendable {
  let value = Atomic(0)
  var now: Int { value.load(ordering: .relaxed) }
}

private final class Box: Sendable {
  private let text: Mutex<String>
  init(_ text: consuming Mutex<String>) { self.text = text }
  func store(_ new: String) { text.withLock { $0 = new } }
  func load() -> String { text.withLock { $0 } }
}
