// What the ledger does about its disk: notices that it fails, finds out that it works again, checkpoints when it is idle.
// docs/decisions/0013-what-a-failing-disk-may-not-do.md. The ledger's thread.

extension Ledger {
  /// A key's first outcome is answered again for 24 hours of service time.
  static let keyLifetime: Int64 = 24 * 60 * 60 * 1000

  /// Keys remembered at this time or earlier have expired.
  static func oldestKey(at served: ServiceTime) -> ServiceTime {
    ServiceTime(milliseconds: served.milliseconds - keyLifetime)
  }

  /// Called when no command waits, at least once a second while that lasts.
  func idle() {
    if backup != nil {
      stepBackup()
      // Bookings come between the steps, so this is no quiet moment: a checkpoint waits for the end of the copy, or
      // until it is due.
      if storeFailure == nil { return isDue ? perform([]) : () }
    }
    if storeFailure != nil {
      _ = readClocks()
      return probe()
    }
    if let node { attend(node) }
    // Reads the clocks, and does what is due by them.
    if isDue { return perform([]) }
    planOnStep(readClocks())
    do throws(StoreFailure) {
      try store.verify()
      guard isCaretaker else { return }
      if store.isUntidy { tidy() }
      if isRetentionDue { forgetOld() }
    } catch {
      report(error, .storageFailed(error.message))
    }
  }

  /// Whether `idle` has work to do soon.
  var hasIdleWork: Bool {
    storeFailure != nil || node?.hasWork ?? false || isCaretaker && (store.isUntidy || isRetentionDue)
  }

  /// Whether `idle` has something to do by the clock.
  var isDue: Bool {
    nextDue.map { $0 <= dependencies.clock.now } ?? false || node?.mustPerform ?? false && storeFailure == nil
  }

  /// Milliseconds until something is due by the clock, at most `limit`.
  func pause(atMost limit: Int) -> Int {
    var limit = storeFailure == nil ? min(Int64(limit), backupPause) : Int64(limit)
    if let node, node.isLeading { limit = min(limit, Node.holdsPause) }
    guard let due = nextDue else { return Int(limit) }
    return Int(min(limit, max(0, due.milliseconds - dependencies.clock.now.milliseconds)))
  }

  /// The last call: leaves the database tidy. The service time since the last key would otherwise be lost, which does
  /// no harm: keys then live longer.
  func finish() {
    endBackup(Self.stopping)
    if storeFailure == nil { try? store.save(readClocks().served) }
    // The others do what is left.
    if node == nil { idle() }
  }

  // MARK: Failing

  /// Before a batch. Under load `idle` is never called, so recovery is tried here as well.
  func prepareStore() {
    guard let failure = storeFailure else { return }
    guard !failure.isUnsynced else { return probe() }
    do throws(StoreFailure) { try store.makeRoom() } catch { remember(error) }
  }

  /// - Parameter incident: for the log; nil: a batch failed.
  func report(_ failure: StoreFailure, _ incident: ControlIncident? = nil) {
    remember(failure)
    dependencies.metrics.storeFails(failure.reason)
    dependencies.observer.observe(incident ?? .commitFailed(failure.message))
  }

  /// A failed sync is remembered until everything was written once more.
  private func remember(_ failure: StoreFailure) {
    if storeFailure?.isUnsynced != true { storeFailure = failure }
  }

  func reportRecovery() {
    guard storeFailure != nil else { return }
    storeFailure = nil
    dependencies.metrics.storeFails(nil)
    dependencies.observer.observe(.commitRecovered)
  }

  /// Load balancers send nothing to a server that is not ready, so it must find out by itself.
  private func probe() {
    do throws(StoreFailure) {
      try store.probe()
      reportRecovery()
    } catch {
      store.rollback()
      remember(error)
    }
  }

  // MARK: Tidying

  func tidy() {
    do throws(StoreFailure) {
      try store.tidy(expired: Self.oldestKey(at: readClocks().served))
      dependencies.metrics.addCheckpoint()
      tidyingFails = false
    } catch {
      store.rollback()
      if error.isUnsynced { return report(error, .storageFailed(error.message)) }
      if !tidyingFails { dependencies.observer.observe(.internalFailure("tidying the database: \(error)")) }
      tidyingFails = true
    }
  }
}
