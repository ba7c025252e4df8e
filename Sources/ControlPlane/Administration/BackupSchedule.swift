// Backups by the clock: one every so often, into files that bear their time, of which the newest are kept. What is
// kept is bounded by `keep`; after a failure nothing is deleted, and it is tried again soon. A thread of its own.

import Glibc

public struct BackupPlan: Sendable, Equatable {
  public var folder: String
  public var everySeconds: Int
  /// How many files are kept.
  public var keep: Int
  public init(folder: String, everySeconds: Int, keep: Int) {
    (self.folder, self.everySeconds, self.keep) = (folder, everySeconds, keep)
  }
}

public final class BackupSchedule: Sendable {
  /// After a failure; never later than the next one would be.
  private static let retryMilliseconds: Int64 = 10 * 60 * 1_000
  /// The clock may be set while the thread sleeps.
  private static let longestPause: Int64 = 60 * 1_000

  private let backend: Backend
  private let plan: BackupPlan
  private let folder: String
  private let isClosed = Monitor(false)
  private let thread: Monitor<NamedThread?>

  /// Begins at once when the newest backup in the folder is old enough, or there is none.
  public convenience init(_ backend: Backend, _ plan: BackupPlan) throws(StartFailure) {
    try self.init(backend, plan, ownThread: true)
  }

  init(_ backend: Backend, _ plan: BackupPlan, ownThread: Bool) throws(StartFailure) {
    (self.backend, self.plan) = (backend, plan)
    folder = try Self.prepare(plan.folder)
    thread = Monitor(nil)
    Self.removeDrafts(in: folder)
    if let newest = Self.newest(in: folder) { backend.threads.metrics.noteBackup(at: newest) }
    guard ownThread else { return }
    let started = try NamedThread("backups") { [self] in run() }
    thread.withLock { $0 = started }
  }

  /// Waits for the backup that is under way; `Backend.stopIntake` ends its copying.
  public func close() {
    isClosed.withLock { $0 = true }
    isClosed.notifyAll()
    thread.withLock { thread in
      defer { thread = nil }
      return thread
    }?.join()
  }

  private func run() {
    var next = due
    while true {
      let now = backend.ports.clock.now.milliseconds
      // The clock may have been set back since `next` was decided.
      next = min(next, now + interval)
      if next <= now { next = perform() }
      let pause = Int(min(Self.longestPause, max(1, next - backend.ports.clock.now.milliseconds)))
      if isClosed.wait(milliseconds: pause, { $0 ? true : nil }) != nil { return }
    }
  }

  private var interval: Int64 { Int64(plan.everySeconds) * 1_000 }

  private var due: Int64 { Self.newest(in: folder).map { $0.milliseconds + interval } ?? 0 }

  /// Makes one, and deletes those that are too many.
  /// - Returns: when the next one is due, in milliseconds since 1970.
  func perform() -> Int64 {
    let now = backend.ports.clock.now
    do throws(AdminAnswer.Failure) {
      _ = try backend.backUp(to: folder + "/" + Self.name(at: now))
      prune()
      return now.milliseconds + interval
    } catch {
      return now.milliseconds + min(interval, Self.retryMilliseconds)
    }
  }

  // MARK: The folder

  private static func prepare(_ path: String) throws(StartFailure) -> String {
    if unsafe mkdir(path, 0o700) != 0, errno != EEXIST {
      throw StartFailure("cannot create the backup folder \(path): \(describe(errno: errno))")
    }
    guard let real = unsafe realpath(path, nil) else {
      throw StartFailure("cannot use the backup folder \(path): \(describe(errno: errno))")
    }
    defer { unsafe free(real) }
    guard unsafe access(real, W_OK | X_OK) == 0 else {
      throw StartFailure("cannot write in the backup folder \(path): \(describe(errno: errno))")
    }
    return unsafe String(cString: real)
  }

  /// Oldest first, which is the order of their names.
  static func files(in folder: String) -> [String] {
    names(in: folder).filter { moment(ofName: $0) != nil }.sorted()
  }

  /// When the newest one was made; nil: there is none.
  static func newest(in folder: String) -> Instant? { files(in: folder).last.flatMap(moment(ofName:)) }

  private func prune() {
    for name in Self.files(in: folder).dropLast(plan.keep) { _ = unsafe unlink(folder + "/" + name) }
  }

  /// What an earlier process was writing when it ended.
  private static func removeDrafts(in folder: String) {
    for name in names(in: folder)
    where name.hasPrefix(BackupFile.draftPrefix + prefix) && name.contains(BackupFile.draftSuffix) {
      _ = unsafe unlink(folder + "/" + name)
    }
  }

  private static func names(in folder: String) -> [String] {
    guard let stream = unsafe opendir(folder) else { return [] }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      names.append(
        unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
          unsafe field.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
        })
    }
    return names
  }

  // MARK: Names

  private static let prefix = "seatcast-"
  private static let suffix = ".db"

  /// `seatcast-20260131T200000Z.db`: to the second.
  static func name(at moment: Instant) -> String {
    let time = Timestamps.text(moment).prefix(19).filter { $0 != "-" && $0 != ":" }
    return "\(prefix)\(time)Z\(suffix)"
  }

  /// Nil: the schedule gave no such name.
  static func moment(ofName name: String) -> Instant? {
    guard name.hasPrefix(prefix), name.hasSuffix("Z" + suffix) else { return nil }
    let digits = Array(name.dropFirst(prefix.count).dropLast(suffix.count + 1))
    guard digits.count == 15, digits[8] == "T" else { return nil }
    func part(_ range: Range<Int>) -> String { String(digits[range]) }
    return Timestamps.parse(
      "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T\(part(9..<11)):\(part(11..<13)):\(part(13..<15))Z")
  }
}
