import Glibc
import TestSupport
import Testing

@testable import ControlPlane

@Suite("DataFolder")
struct DataFolderTests {
  private let outer: TemporaryFolder

  init() throws { outer = try TemporaryFolder() }

  private func mode(_ path: String) -> mode_t {
    var status = stat()
    _ = unsafe stat(path, &status)
    return status.st_mode & 0o777
  }

  @Test("a missing folder is made with those above it, for its owner only")
  func making() throws {
    let path = outer.path + "/a/b//c"
    let folder = try DataFolder(path)
    #expect(mode(path) == 0o700)
    #expect(mode(outer.path + "/a") == 0o700)
    #expect(folder.path == path)
    #expect(folder.database == outer.path + "/a/b/c/seatcast.db")
  }

  @Test("a second server on the same folder is refused with a sentence, until the first lets go")
  func locking() throws {
    let first = try DataFolder(outer.path)
    let refusal = DataFolder.served(outer.path)
    #expect(refusal.description == "another seatcast already serves the data folder \(outer.path)")
    #expect(throws: refusal) { try DataFolder(outer.path) }
    first.release()
    let second = try DataFolder(outer.path)
    first.release()
    #expect(throws: refusal) { try DataFolder(outer.path) }
    second.release()
  }

  @Test("the locks end with a release, though a child process that has not begun its program has them, too")
  func duplicates() throws {
    let first = try DataFolder(outer.path)
    let names = [first.realPath, first.realPath + "/seatcast.lock"]
    let copies = (0..<1_024).filter { target(of: $0).map(names.contains) ?? false }.map {
      fcntl(Int32($0), F_DUPFD_CLOEXEC, 0)
    }
    defer { copies.forEach { close($0) } }
    #expect(copies.count == 2 && copies.allSatisfy { $0 >= 0 })
    first.release()
    try DataFolder(outer.path).release()
  }

  /// What a descriptor of this process is open on; nil: nothing with a path.
  private func target(of descriptor: Int) -> String? {
    guard let path = unsafe realpath("/proc/self/fd/\(descriptor)", nil) else { return nil }
    defer { unsafe free(path) }
    return unsafe String(cString: path)
  }

  @Test("a lock that is held for a moment refuses nobody")
  func briefly() throws {
    let file = unsafe open(outer.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    #expect(flock(file, LOCK_SH | LOCK_NB) == 0)
    let holder = try BackgroundThread {
      pause(milliseconds: 60)
      close(file)
    }
    try DataFolder(outer.path).release()
    try holder.join()
  }

  @Test("whoever looks whether a folder is served sees either lock, and takes none")
  func looking() throws {
    #expect(!DataFolder.isLocked(outer.path + "/none"))
    let folder = try DataFolder(outer.path)
    #expect(DataFolder.isLocked(outer.path))
    folder.release()
    #expect(!DataFolder.isLocked(outer.path))
    // Where a folder cannot be locked, the file alone is.
    let file = unsafe open(outer.path + "/seatcast.lock", O_RDWR)
    #expect(flock(file, LOCK_EX | LOCK_NB) == 0)
    #expect(DataFolder.isLocked(outer.path))
    close(file)
    try DataFolder(outer.path).release()
  }

  @Test(
    "every spelling of a folder is the same folder", arguments: ["/.", "/sub/..", "//", "/link", "/link/."])
  func spellings(suffix: String) throws {
    #expect(unsafe mkdir(outer.path + "/sub", 0o700) == 0)
    #expect(unsafe symlink(outer.path, outer.path + "/link") == 0)
    let first = try DataFolder(outer.path)
    let path = outer.path + suffix
    #expect(throws: DataFolder.served(path)) {
      try DataFolder(path)
    }
    first.release()
    #expect(try DataFolder(path).database == outer.path + "/seatcast.db")
  }

  @Test("whoever deletes the lock file does not let a second server in")
  func lockFileDeleted() throws {
    let first = try DataFolder(outer.path)
    #expect(unsafe unlink(outer.path + "/seatcast.lock") == 0)
    #expect(throws: DataFolder.served(outer.path)) {
      try DataFolder(outer.path)
    }
    first.release()
  }

  @Test("a URI is no path")
  func uri() throws {
    let sentence =
      "the data folder file:\(outer.path) looks like a URI, and only paths are taken"
      + " (a folder of that name is ./file:\(outer.path))"
    #expect(throws: StartFailure(sentence)) { try DataFolder("file:\(outer.path)") }
    // A folder whose name only contains one is a folder.
    let folder = try DataFolder(outer.path + "/file:x?mode=memory")
    let database = try Database.open(folder, SystemRandom()).database
    #expect(contents(of: outer.path + "/file:x?mode=memory/seatcast.db") != nil)
    withExtendedLifetime(database) {}
  }

  @Test("a folder that cannot be is refused with a sentence")
  func unusable() throws {
    try DataFolder(outer.path).write("file", [1])
    let path = outer.path + "/file/data"
    #expect(throws: StartFailure("cannot create the data folder \(path): Not a directory")) {
      try DataFolder(path)
    }
    #expect(throws: StartFailure("the data folder has no name")) { try DataFolder("") }
    #expect(throws: StartFailure.self) { try DataFolder("/proc/self/seatcast") }
  }

  @Test("a file that stands where the folder should be is refused")
  func fileInTheWay() throws {
    try DataFolder(outer.path).write("file", [1])
    #expect(throws: StartFailure("cannot write in the data folder \(outer.path)/file: Not a directory")) {
      try DataFolder(outer.path + "/file")
    }
  }

  @Test("small files are read back, are their owner's only, and are replaced at once")
  func files() throws {
    let folder = try DataFolder(outer.path)
    #expect(try folder.read("none") == nil)
    let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0) }
    try folder.write("some", bytes)
    #expect(try folder.read("some") == bytes)
    #expect(mode(outer.path + "/some") == 0o600)
    try folder.write("some", [])
    #expect(try folder.read("some") == [])
    #expect(throws: StartFailure.self) { try folder.write("no/where", [1]) }
  }
}
