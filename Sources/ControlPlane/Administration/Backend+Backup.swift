// A backup of the open database into one file, by hand or by the schedule. Blocks until it is verified; any thread but the
// plane's own.

/// What a backup or a restore has.
public struct BackupReport: Sendable, Equatable {
  public let path: String
  public let bytes: Int
  let facts: DatabaseFacts
  /// Of a restore: names the restored history; nil: nothing was restored.
  var newEpoch: String?
}

extension Backend {
  /// Tokens' secrets are not in the database, so they are not in a backup.
  /// - Parameter path: absolute; must not exist.
  public func backUp(to path: String) throws(AdminAnswer.Failure) -> BackupReport {
    let gate = ledger.backups
    guard gate.enter() else { throw .init(.unavailable, "Another backup is under way.") }
    defer { gate.leave() }
    do throws(AdminAnswer.Failure) {
      let report = try makeBackup(at: path)
      threads.metrics.addBackup(at: ports.clock.now)
      ports.observer.observe(.backupMade(path: path, bytes: report.bytes))
      return report
    } catch {
      threads.metrics.addFailedBackup()
      ports.observer.observe(.backupFailed(error.description))
      throw error
    }
  }

  private func makeBackup(at path: String) throws(AdminAnswer.Failure) -> BackupReport {
    let file = try BackupFile(path)
    try file.reserve()
    do throws(AdminAnswer.Failure) {
      if let failure = ledger.copy(to: file.draft, meanwhile: { file.writeOut() }) {
        throw .init(
          failure.code == StoreFailure.busy ? .unavailable : .refused, "The backup failed: \(failure).")
      }
      let facts = try file.finish(at: ports.clock.now)
      return BackupReport(path: path, bytes: try file.publish(), facts: facts)
    } catch {
      file.discard()
      throw error
    }
  }
}

extension BackupReport {
  /// For people.
  public var text: String {
    AdminText.facts([
      ("file", path), ("bytes", String(bytes)), ("made", facts.madeAt.map(Timestamps.text)),
      ("schema", String(facts.schema)), ("epoch", facts.epoch), ("new epoch", newEpoch),
      ("events", String(facts.events)), ("bookings", String(facts.bookings)), ("users", String(facts.users)),
      ("seats sold", String(facts.sold)), ("seats held", String(facts.held)),
    ])
  }

  /// For scripts.
  public var json: [UInt8] {
    JSONWriter.object { writer in
      writer.member("file", path)
      writer.member("bytes", bytes)
      writer.member("madeAt", orNull: facts.madeAt)
      writer.member("schema", facts.schema)
      writer.member("epoch", facts.epoch)
      if let newEpoch { writer.member("newEpoch", newEpoch) }
      writer.member("events", facts.events)
      writer.member("bookings", facts.bookings)
      writer.member("users", facts.users)
      writer.member("sold", facts.sold)
      writer.member("held", facts.held)
    }
  }
}

extension Administrator {
  func backUp(_ body: inout BodyReader) throws(Problem) -> AdminAnswer {
    let path = body.requiredText("file", bytes: 1...4_096)
    try finish(&body, knowing: ["file"])
    do throws(AdminAnswer.Failure) {
      let report = try backend.backUp(to: path)
      return AdminAnswer(.done(json: report.json, text: report.text))
    } catch {
      return AdminAnswer(.failed(error))
    }
  }
}
