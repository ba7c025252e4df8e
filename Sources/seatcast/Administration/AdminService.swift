// What administration runs beside a server: the listener for commands. Started when the server serves, stopped before the
// control plane closes. Main thread.
import ControlPlane
import Synchronization

final class AdminService: Sendable {
  private let backend: Backend
  private let log: Log
  private let listener = Mutex<AdminListener?>(nil)

  init(_ backend: Backend, log: Log) { (self.backend, self.log) = (backend, log) }

  /// A server whose folder can have no socket serves all the same; the log says that commands do not reach it.
  func start() {
    do {
      let started = try AdminListener(folder: backend.dataFolder) { [backend] in backend.administer($0).line }
      listener.withLock { $0 = started }
    } catch {
      log.write(LogEntry(.warning, error.description))
    }
  }

  /// Finishes what was asked.
  func stop() {
    let running = listener.withLock { listener in
      defer { listener = nil }
      return listener
    }
    running?.close()
  }
}
