// Backups from the ledger's thread, in small steps between batches, because the ledger's connection is the only one that
// writes: its own changes reach the copy without the copy beginning anew, so a backup of a busy server ends. Steps keep a
// pace, so that neither the ledger nor the disk is busy with the copy most of the time. One at a time. The file is synced, verified and renamed by whoever asked. The ledger's thread.

import Synchronization

/// What somebody wants copied, and whereto.
struct BackupOrder: Sendable {
  /// A file that exists and is empty.
  let path: String
  /// Nil: the copy is complete. On the ledger's thread, once; must not block.
  let done: @Sendable (StoreFailure?) -> Void
}

/// Whether backups may begin; any thread.
final class BackupGate: Sendable {
  private let isTaken = Atomic(false)
  private let isShut = Atomic(false)

  /// False: another backup is under way.
  func enter() -> Bool { !isTaken.exchange(true, ordering: .acquiringAndReleasing) }
  func leave() { isTaken.store(false, ordering: .releasing) }

  /// Ends the copy that is under way, and each one that begins later: the server stops.
  func shut() { isShut.store(true, ordering: .releasing) }
  var isOpen: Bool { !isShut.load(ordering: .acquiring) }
}

extension Ledger {
  /// Pages of one step (4 KiB each): about as much work as a batch of bookings.
  static let pagesPerStep = 64
  /// While the disk takes no writes there are no batches that would wait.
  private static let pagesWhileFailing = 1_024

  /// Milliseconds from one step to the next, at least: at most 32 MiB/s.
  static let usualBackupPace: Int64 = 8
  /// A step on a slow disk is followed by so many times its own length without one.
  private static let restPerStep: Int64 = 4

  /// A copy that is under way.
  struct Backup {
    let copy: OnlineCopy
    let order: BackupOrder
    /// When the next step is due, by `Clock.uptime`.
    var nextStep: Int64
  }

  func begin(_ orders: [BackupOrder]) {
    for order in orders {
      guard backup == nil else {
        order.done(StoreFailure(code: StoreFailure.busy, message: "another backup is under way"))
        continue
      }
      do throws(StoreFailure) {
        backup = Backup(
          copy: try store.copy(to: order.path), order: order, nextStep: dependencies.clock.uptime)
      } catch {
        order.done(error)
      }
    }
  }

  /// Copies some pages, if a step is due.
  func stepBackup() {
    guard let copy = backup?.copy, backupPause == 0 || !backups.isOpen else { return }
    guard backups.isOpen else { return endBackup(Self.stopping) }
    let began = dependencies.clock.uptime
    do throws(StoreFailure) {
      let pages = storeFailure == nil ? Self.pagesPerStep : Self.pagesWhileFailing
      guard try !copy.step(pages: pages) else { return endBackup(nil) }
      let end = dependencies.clock.uptime
      backup?.nextStep =
        dependencies.backupPace == 0
        ? end : max(began + dependencies.backupPace, end + Self.restPerStep * (end - began))
    } catch {
      endBackup(error)
    }
  }

  /// Milliseconds until the next step is due; `.max`: no copy is under way.
  var backupPause: Int64 { backup.map { max(0, $0.nextStep - dependencies.clock.uptime) } ?? .max }

  /// - Parameter failure: nil: the copy is complete.
  func endBackup(_ failure: StoreFailure?) {
    guard let ended = backup else { return }
    backup = nil
    ended.copy.close()
    ended.order.done(failure)
  }

  static var stopping: StoreFailure { StoreFailure(code: 0, message: "the server is stopping") }
}
