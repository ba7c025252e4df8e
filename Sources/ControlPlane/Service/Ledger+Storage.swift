// What the ledger does about its disk: notices that it fails, finds out that it works again, tidies up in quiet moments.
// docs/decisions/0013-what-a-failing-disk-may-not-do.md. The ledger's thread.

extension Ledger {
  /// A key's first outcome is answered again for 24 hours of service time.
  static let keyLifetime: Int64 = 24 * 60 * 60 * 1000

  /// Keys that are not younger than this have expired.
  static func oldestKey(at served: ServiceTime) -> ServiceTime {
    ServiceTime(milliseconds: served.milliseconds - keyLifetime)
  }

  /// For quiet moments, and once a second at least.
  func rest() {
    _ = readClocks()
    if storeFailure != nil { return probe() }
    do throws(StoreFailure) {
      try store.verify()
      if store.isUntidy { tidy() }
    } catch {
      report(error, .storageFailed(error.message))
    }
  }

  /// Whether a quiet moment would be of use soon.
  var wantsRest: Bool { storeFailure != nil || store.isUntidy }

  /// The last call: leaves the database tidy. The service time since the last key would otherwise be lost, which does
  /// no harm: keys then live longer.
  func finish() {
    if storeFailure == nil { try? store.save(readClocks().served) }
    rest()
  }

  // MARK: Failing

  /// Before a batch. Under load there are no quiet moments, so a ledger that fails must get well here.
  func prepareStore() {
    guard let storeFailure else { return }
    if storeFailure.isUnsynced { probe() } else { try? store.makeRoom() }
  }

  /// - Parameter incident: for the log; nil: a batch failed.
  func report(_ failure: StoreFailure, _ incident: ControlIncident? = nil) {
    // A failed sync is remembered until everything was written once more.
    if storeFailure?.isUnsynced != true { storeFailure = failure }
    outside.metrics.storeFails(failure.reason)
    outside.observer.observe(incident ?? .commitFailed(failure.message))
  }

  func reportRecovery() {
    guard storeFailure != nil else { return }
    storeFailure = nil
    outside.metrics.storeFails(nil)
    outside.observer.observe(.commitRecovered)
  }

  /// Nobody books while the server calls itself unready, so it must find out by itself.
  private func probe() {
    do throws(StoreFailure) {
      try store.probe()
      reportRecovery()
    } catch {
      store.rollback()
    }
  }

  // MARK: Tidying

  func tidy() {
    do throws(StoreFailure) {
      try store.tidy(expired: Self.oldestKey(at: readClocks().served))
      outside.metrics.addCheckpoint()
      tidyingFails = false
    } catch {
      store.rollback()
      if error.isUnsynced { return report(error, .storageFailed(error.message)) }
      if !tidyingFails { outside.observer.observe(.internalFailure("tidying the database: \(error)")) }
      tidyingFails = true
    }
  }
}
