// Runs an asynchronous command in the foreground: the body in a task, while the main thread waits for signals and keys.
// SIGINT, SIGTERM and SIGHUP cancel the body and its status counts; a second one ends the process at once. The signals
// are blocked before the first thread starts, so only the main thread receives them.
import Glibc
import Synchronization

enum Foreground {
  enum Event: Sendable, Equatable {
    case stop
    /// The terminal has another size.
    case resize
    case key(UInt8)
  }

  private static let signals = [SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGUSR1]
  private static let keyMilliseconds: Int32 = 100

  /// How the body ended, from its task to the main thread.
  private final class Ending: Sendable {
    let result = Mutex<Result<Int32, any Error>?>(nil)
  }

  /// - Parameters:
  ///   - readsKeys: whether single keys are of interest; standard input is then a terminal.
  ///   - react: called on the main thread; true: the body is to end.
  ///   - body: gives the exit status.
  /// - Returns: the body's status; 0 when it was cancelled.
  static func run(
    readsKeys: Bool = false, react: @Sendable (Event) -> Bool = { $0 == .stop },
    body: @escaping @Sendable () async throws -> Int32
  ) throws -> Int32 {
    ProcessSignals.block(signals)
    let (ending, main) = (Ending(), pthread_self())
    let task = Task.detached {
      let result: Result<Int32, any Error>
      do { result = .success(try await body()) } catch { result = .failure(error) }
      ending.result.withLock { $0 = result }
      pthread_kill(main, SIGUSR1)
    }
    while true {
      for event in wait(readsKeys: readsKeys) where react(event) {
        task.cancel()
        if event == .stop { ProcessSignals.endAtNextSignal() }
      }
      guard let result = ending.result.withLock({ $0 }) else { continue }
      do {
        return try result.get()
      } catch is CancellationError {
        return 0
      }
    }
  }

  /// Waits for a signal or a key.
  private static func wait(readsKeys: Bool) -> [Event] {
    guard readsKeys else { return [signal(within: nil)].compactMap(\.self) }
    var (events, entry) = ([Event](), pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0))
    if unsafe poll(&entry, 1, keyMilliseconds) > 0 {
      var byte: UInt8 = 0
      events.append(unsafe read(STDIN_FILENO, &byte, 1) == 1 ? .key(byte) : .stop)
    }
    if let event = signal(within: timespec()) { events.append(event) }
    return events
  }

  /// Nil: there is none, or the body has ended.
  private static func signal(within patience: timespec?) -> Event? {
    var set = ProcessSignals.mask(signals)
    let number: Int32
    if var patience {
      number = unsafe sigtimedwait(&set, nil, &patience)
    } else {
      number = unsafe sigwaitinfo(&set, nil)
    }
    switch number {
    case SIGINT, SIGTERM, SIGHUP: return .stop
    case SIGWINCH: return .resize
    default: return nil
    }
  }
}
