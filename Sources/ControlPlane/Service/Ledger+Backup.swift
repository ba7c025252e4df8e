// Backups from the ledger's thread, in small steps between batches, because the ledger's connection is the only one that
// writes: its own changes reach the copy without the copy beginning anew, so a backup of a busy server ends. One at a
// time. The file is synced, verified and renamed by whoever asked. The ledger's thread.

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

  /// A copy that is under way.
  struct Backup {
    let copy: OnlineCopy
    let order: BackupOrder
  }

  func begin(_ orders: [BackupOrder]) {
    for order in orders {
      guard backup == nil else {
        order.done(StoreFailure(code: StoreFailure.busy, message: "another backup is under way"))
        continue
      }
      do throws(StoreFailure) {
        backup = Backup(copy: try store.copy(to: order.path), order: order)
      } catch {
        order.done(error)
      }
    }
  }

  func stepBackup() {
    guard let copy = backup?.copy else { return }
    guard backups.isOpen else { return endBackup(Self.stopping) }
    do throws(StoreFailure) {
      let pages = storeFailure == nil ? Self.pagesPerStep : Self.pagesWhileFailing
      if try copy.step(pages: pages) { endBackup(nil) }
    } catch {
      endBackup(error)
    }
  }

  /// - Parameter failure: nil: the copy is complete.
  func endBackup(_ failure: StoreFailure?) {
    guard let ended = backup else { return }
    backup = nil
    ended.copy.close()
    ended.order.done(failure)
  }

  static var stopping: StoreFailure { StoreFailure(code: 0, message: "the server is stopping") }
}
