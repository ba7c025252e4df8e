// The checks of `seatcast doctor` that look at the data folder and the files that the flags name. Nothing is changed.
import ControlPlane
import Glibc

struct DoctorFiles {
  let folder: String

  /// Less room than this fails soon, or is worth a warning.
  private static let leastBytes = 64 * 1_024 * 1_024
  private static let fewBytes = 1_024 * 1_024 * 1_024

  // MARK: The folder

  var folderFindings: [Finding] {
    guard let state = Self.state(of: folder) else {
      let parent = Self.parent(of: folder)
      return unsafe access(parent, W_OK | X_OK) == 0
        ? [.ok("data folder", "\(folder) does not exist; serve makes it.")] + roomFindings(at: parent)
        : [.fail("data folder", "\(folder) does not exist, and \(parent) is not writable; make it first.")]
    }
    guard state.st_mode & S_IFMT == S_IFDIR else {
      return [.fail("data folder", "\(folder) is no folder; name another one with --data.")]
    }
    guard unsafe access(folder, R_OK | W_OK | X_OK) == 0 else {
      return [.fail("data folder", "\(folder) is not writable for this user; change its owner or mode.")]
    }
    let mode = String(state.st_mode & 0o777, radix: 8)
    let access =
      state.st_mode & 0o022 != 0
      ? Finding.fail("data folder", "Others can write to \(folder) (mode 0\(mode)): chmod 700 \(folder).")
      : state.st_mode & 0o055 != 0
        ? .warn("data folder", "Others can look into \(folder) (mode 0\(mode)): chmod 700 \(folder).")
        : .ok("data folder", "\(folder) is there and private.")
    return [access] + ownerFindings(state.st_uid) + roomFindings(at: folder)
  }

  /// What one user makes in the folder another one may not be able to open.
  private func ownerFindings(_ owner: uid_t) -> [Finding] {
    guard owner != geteuid() else { return [] }
    return [
      .warn(
        "data folder", "\(folder) belongs to user \(owner); run the server and its commands as that user.")
    ]
  }

  private func roomFindings(at path: String) -> [Finding] {
    var state = statvfs()
    guard unsafe statvfs(path, &state) == 0 else { return [] }
    let free = Int(clamping: UInt64(state.f_bavail) &* UInt64(state.f_frsize))
    let sentence = "\(free / 1_048_576) MiB are free at \(path)"
    if free < Self.leastBytes {
      return [.fail("free space", sentence + "; bookings fail when it is used up. Make room.")]
    }
    return [
      free < Self.fewBytes
        ? .warn("free space", sentence + "; plan for more before the sale.")
        : .ok("free space", sentence + ".")
    ]
  }

  // MARK: Who serves it

  var isServed: Bool { Checkup.isServed(folder) }

  func serverFindings(isServed: Bool) -> [Finding] {
    let path = AdminSocket.path(in: folder)
    var findings: [Finding] = []
    if path.utf8.count > AdminSocket.longestPath {
      findings.append(
        .warn(
          "commands",
          "\(path) is too long for a socket, so commands cannot reach a running server; use a shorter --data."
        ))
    }
    guard isServed else {
      return findings + [.ok("server", "No server has the folder; commands work on its files.")]
    }
    let answer = try? AdminClient.ask(
      AdminRequest(.eventList, [("limit", .number(1))]), in: folder, within: 5)
    if case .done? = answer {
      return findings + [.ok("server", "A server has the folder and answers commands.")]
    }
    return findings + [
      .warn("server", "A server has the folder and does not answer at \(AdminSocket.name); its log says why.")
    ]
  }

  // MARK: The database

  var databaseFindings: [Finding] {
    do {
      guard let state = try Checkup.database(in: folder) else {
        return [.ok("database", "There is none yet; serve makes it.")]
      }
      return try [schemaFinding(state)] + countFindings(state) + logFindings(state)
    } catch {
      return [
        .fail("database", StartError(telling: error).description + " Restore a backup if it is damaged.")
      ]
    }
  }

  private func schemaFinding(_ state: Checkup.DatabaseState) -> Finding {
    if state.bytes == 0 { return emptyFinding(state) }
    let size = "\(state.bytes / 1_048_576) MiB, \(state.events) events"
    if state.schema == 0 { return .fail("database", "It is no database of seatcast; name another --data.") }
    if state.schema > state.currentSchema {
      return .fail("database", "A newer seatcast wrote it (schema \(state.schema)); run that one.")
    }
    return state.schema < state.currentSchema
      ? .warn(
        "database",
        "It is of an older version (\(size)); serve brings it up to date. Copy the folder before, while no server runs."
      )
      : .ok("database", "It is of this version (\(size)).")
  }

  private func countFindings(_ state: Checkup.DatabaseState) throws -> [Finding] {
    guard state.schema == state.currentSchema else { return [] }
    guard let fault = try Checkup.fault(ofDatabaseIn: folder) else {
      return [.ok("counts", "Seats, bookings and changes of every event fit together.")]
    }
    return [.fail("counts", "They do not fit together: \(fault). Restore a backup.")]
  }

  /// A file of 0 bytes: serve would take it for a new database.
  private func emptyFinding(_ state: Checkup.DatabaseState) -> Finding {
    state.logBytes > 0
      ? .fail(
        "database", "It has 0 bytes beside a log of \(state.logBytes): it was cut off. Restore a backup.")
      : .warn(
        "database",
        "It has 0 bytes; serve makes a new one of it. If it had events, restore a backup before that.")
  }

  private func logFindings(_ state: Checkup.DatabaseState) -> [Finding] {
    guard state.logBytes > 256 * 1_024 * 1_024 else { return [] }
    return [
      .warn(
        "database",
        "Its log has \(state.logBytes / 1_048_576) MiB: a reader keeps it from shrinking, or the disk is slow."
      )
    ]
  }

  // MARK: The record of sales

  /// - Parameter isReadable: whether nothing is wrong with the database; what is was told already.
  func recordFindings(isReadable: Bool) -> [Finding] {
    var findings: [Finding] = []
    let path = folder + "/record-key"
    if let state = Self.state(of: path), state.st_mode & 0o077 != 0 {
      findings.append(
        .fail("record", "\(path) can be read by others, and serve refuses it: chmod 600 \(path)."))
    }
    guard isReadable else { return findings }
    do {
      guard let state = try Checkup.record(in: folder) else { return findings }
      return findings + [
        .ok(
          "record",
          "The newest \(state.checked) of \(state.entries) entries of the record are what its signed heads say."
        )
      ]
    } catch {
      return findings + [
        .fail(
          "record",
          StartError(telling: error).description + " Somebody changed the database; hold a backup against it."
        )
      ]
    }
  }

  // MARK: Secrets

  func secretFindings(_ configuration: ServeConfiguration) -> [Finding] {
    var findings = ["jwt-secret", "admin-jwt-secret"].compactMap { keptFinding($0) }
    do {
      let given = try SecretFiles.secrets(configuration)
      if given.current != nil { findings.append(.ok("secret", "The configured token secret can be read.")) }
    } catch {
      findings.append(.fail("secret", error.description))
    }
    if case .file(let path) = configuration.secret { findings += privacy(of: path, "secret") }
    if let file = configuration.accounts.keySetFile {
      do {
        findings.append(
          .ok("public keys", "\(file) has \(try Checkup.publicKeys(in: file)) keys that count."))
      } catch {
        findings.append(.fail("public keys", StartError(telling: error).description))
      }
    }
    if findings.isEmpty {
      findings.append(.ok("secret", "There is none yet; serve makes one in the folder."))
    }
    return findings
  }

  /// Nil: there is no such file, and serve makes it when it needs it.
  private func keptFinding(_ name: String) -> Finding? {
    let path = folder + "/" + name
    guard let state = Self.state(of: path) else { return nil }
    guard PlainFile.mayBe(at: path) else { return .fail("secret", "\(path) \(PlainFile.fault); remove it.") }
    if state.st_mode & 0o077 != 0 {
      return .fail("secret", "\(path) can be read by others, and serve refuses it: chmod 600 \(path).")
    }
    return state.st_size < SecretFiles.minimumSecretBytes
      ? .fail(
        "secret",
        "\(path) is shorter than \(SecretFiles.minimumSecretBytes) bytes; remove it to have one made.")
      : .ok("secret", "\(path) is there and private. Keep a copy of it elsewhere: it is in no backup.")
  }

  /// A warning when others can read a file that should be secret.
  func privacy(of path: String, _ subject: String) -> [Finding] {
    guard let state = Self.state(of: path), state.st_mode & 0o004 != 0 else { return [] }
    return [.warn(subject, "Everybody on this machine can read \(path): chmod 600 \(path).")]
  }

  // MARK: Backups

  func backupFindings(_ plan: BackupPlan?) -> [Finding] {
    guard let plan else {
      return [
        .warn(
          "backups", "None are made by the clock; see --backup-dir, or run 'seatcast backup' from a timer.")
      ]
    }
    guard Self.state(of: plan.folder) != nil else {
      let parent = Self.parent(of: plan.folder)
      return unsafe access(parent, W_OK | X_OK) == 0
        ? [.ok("backups", "\(plan.folder) does not exist; serve makes it.")]
        : [.fail("backups", "\(plan.folder) does not exist, and \(parent) is not writable.")]
    }
    guard unsafe access(plan.folder, W_OK | X_OK) == 0 else {
      return [.fail("backups", "\(plan.folder) is not writable for this user; change its owner or mode.")]
    }
    guard let newest = Checkup.newestBackup(in: plan.folder) else {
      return [.ok("backups", "\(plan.folder) is writable, and has no backup yet.")]
    }
    let age = (SystemClock().now.milliseconds - newest.milliseconds) / 1_000
    let sentence = "The newest one in \(plan.folder) is \(max(0, age) / 60) minutes old"
    return [
      age > 2 * Int64(plan.everySeconds)
        ? .warn("backups", sentence + ", more than two intervals; look for 'a backup failed' in the log.")
        : .ok("backups", sentence + ".")
    ]
  }

  // MARK: Paths

  static func state(of path: String) -> stat? {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? status : nil
  }

  private static func parent(of path: String) -> String {
    var parts = path.split(separator: "/", omittingEmptySubsequences: true)
    if !parts.isEmpty { parts.removeLast() }
    let joined = parts.joined(separator: "/")
    return path.hasPrefix("/") ? "/" + joined : joined.isEmpty ? "." : joined
  }
}
