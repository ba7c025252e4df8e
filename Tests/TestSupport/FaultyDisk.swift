// A disk that forgets what it did not sync, and fails when it is told to (Tests/CFaultyDisk). The thread of its one test.
import CFaultyDisk
import Synchronization

/// One disk, named as a VFS of SQLite, for the files of one folder.
@safe public final class FaultyDisk {
  /// What was done to a file that a crash needs.
  public enum Operation: Sendable {
    case read
    /// Also of a file's size.
    case write
    case sync
    /// A file was made or deleted.
    case name
  }

  /// The name under which SQLite knows it.
  public let vfs: String
  /// Called after each operation, with the disk in the state that a crash would find.
  public var observer: ((Operation) -> Void)?
  private let disk: OpaquePointer
  private static let made = Atomic(0)

  /// - Parameter seed: decides which operations fail, and what a failed sync loses.
  public init(seed: UInt64) throws {
    let name = "forgetful-\(Self.made.add(1, ordering: .relaxed).newValue)"
    guard let disk = unsafe faulty_disk_make(name, seed) else {
      throw TestFailure("SQLite takes no VFS \(name)")
    }
    vfs = name
    unsafe self.disk = disk
    unsafe faulty_disk_observe(
      disk,
      { context, operation in
        guard let context = unsafe context else { return }
        unsafe Unmanaged<FaultyDisk>.fromOpaque(context).takeUnretainedValue().tell(operation)
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  deinit { unsafe faulty_disk_free(disk) }

  private func tell(_ operation: FaultyDiskOperation) {
    switch operation {
    case FAULTY_DISK_READ: observer?(.read)
    case FAULTY_DISK_WRITE: observer?(.write)
    case FAULTY_DISK_SYNC: observer?(.sync)
    default: observer?(.name)
    }
  }

  // MARK: Faults

  /// One of so many syncs fails, and loses a part of what it was to store; 0: none does.
  public func failSyncs(oneOf count: Int) {
    unsafe faulty_disk_faults(disk).pointee.one_of_syncs = UInt32(count)
  }

  /// The sync after so many others fails, and no other.
  public func failSync(after others: Int) {
    unsafe faulty_disk_faults(disk).pointee.failing_sync = faulty_disk_syncs(disk) + UInt32(others) + 1
  }

  /// One of so many reads fails; 0: none does.
  public func failReads(oneOf count: Int) {
    unsafe faulty_disk_faults(disk).pointee.one_of_reads = UInt32(count)
  }

  /// All files together may have so many bytes; nil: as many as they like.
  public func limit(to bytes: Int?) {
    unsafe faulty_disk_faults(disk).pointee.room = Int64(bytes ?? 0)
  }

  /// The power fails after so many operations that change something.
  public func cut(after operations: Int) {
    unsafe faulty_disk_faults(disk).pointee.last_operation =
      faulty_disk_operations(disk) + UInt32(operations)
  }

  /// Turns the power off: nothing is read or changed any more.
  public func cut() { unsafe faulty_disk_cut(disk) }

  /// What was killed is started again, with the cache as it was.
  public func powerOn() { unsafe faulty_disk_power_on(disk) }

  /// Syncs succeed and store nothing: a disk that lies, or a database that does not sync.
  public func ignoreSyncs() { unsafe faulty_disk_faults(disk).pointee.ignores_syncs = 1 }

  /// No fault any more, but what is off stays off, and who lies goes on lying.
  public func heal() {
    var none = FaultyDiskFaults()
    none.ignores_syncs = unsafe faulty_disk_faults(disk).pointee.ignores_syncs
    unsafe faulty_disk_faults(disk).pointee = none
  }

  // MARK: What happened

  public var isOff: Bool { unsafe faulty_disk_is_off(disk) != 0 }
  /// That all files have together.
  public var bytes: Int { Int(unsafe faulty_disk_bytes(disk)) }
  /// Operations that change something.
  public var operations: Int { Int(unsafe faulty_disk_operations(disk)) }
  public var syncs: Int { Int(unsafe faulty_disk_syncs(disk)) }
  /// Syncs, reads and writes that have failed.
  public var failures: Int { Int(unsafe faulty_disk_failures(disk)) }

  /// Puts what a crash at this moment leaves into an empty folder. The same seed leaves the same.
  public func crash(into folder: String, seed: UInt64) throws {
    let code = unsafe faulty_disk_crash(disk, folder, seed)
    guard code == 0 else { throw TestFailure("what a crash leaves cannot be written: errno \(code)") }
  }
}
