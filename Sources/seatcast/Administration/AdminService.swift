// What administration runs beside a server: backups by the clock, and the listener for commands. Stopped before the control
// plane closes. Main thread.
import ControlPlane
import Synchronization

final class AdminService: Sendable {
  private struct Running: Sendable {
    var listener: AdminListener?
    var schedule: BackupSchedule?
  }

  private let backend: Backend
  private let plan: BackupPlan?
  private let log: Log
  private let running = Mutex(Running())

  /// - Parameter backups: nil: none by the clock.
  init(_ backend: Backend, backups: BackupPlan?, log: Log) {
    (self.backend, plan, self.log) = (backend, backups, log)
  }

  /// To be called when the loops have started: those with descriptor tables of their own keep a copy of every descriptor
  /// that is open when they start, a backup's file as well as the socket.
  func start() throws(StartFailure) {
    if let plan {
      let schedule = try BackupSchedule(backend, plan)
      running.withLock { $0.schedule = schedule }
    }
    listen()
  }

  /// A server whose folder can have no socket serves all the same; the log says that commands do not reach it.
  private func listen() {
    do {
      let listener = try AdminListener(folder: backend.dataFolder) { [backend] in backend.administer($0).line
      }
      running.withLock { $0.listener = listener }
    } catch {
      log.write(LogEntry(.warning, error.description))
    }
  }

  /// Finishes what was asked, except a backup that is being copied when `Backend.stopIntake` was called.
  func stop() {
    let ended = running.withLock { running in
      defer { running = Running() }
      return running
    }
    ended.schedule?.close()
    ended.listener?.close()
  }
}
