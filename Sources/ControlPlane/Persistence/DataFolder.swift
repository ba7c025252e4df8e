// The folder that holds everything a server keeps. One server per folder: exclusive locks (flock(2)) on the folder and on
// a file in it, whatever the spelling of its path, end with the process. A lock that is held for a moment, by somebody who
// looks or by a child between fork(2) and exec(2), refuses nobody. Everything in it is readable by its owner only.

import Glibc
import Synchronization

final class DataFolder: Sendable {
  /// As it was given; for sentences.
  let path: String
  /// Absolute and without links, so that no reader of paths can take it for anything else.
  let realPath: String
  /// Hold the locks while they are open; -1: released, or not to be had.
  private let fileLock: Atomic<Int32>
  private let folderLock: Atomic<Int32>

  /// Makes the folder when it is missing, and takes the locks.
  init(_ path: String) throws(StartFailure) {
    self.path = path
    guard !path.hasPrefix("file:") else {
      throw StartFailure(
        "the data folder \(path) looks like a URI, and only paths are taken (a folder of that name is ./\(path))"
      )
    }
    try Self.make(path)
    realPath = try Self.resolve(path)
    // The folder first: a server that is refused there leaves no lock file in it.
    let folder = try Self.lockFolder(realPath, path)
    do throws(StartFailure) {
      fileLock = Atomic(try Self.lockFile(in: realPath, path))
      folderLock = Atomic(folder)
    } catch {
      if folder >= 0 { Self.unlock(folder) }
      throw error
    }
  }

  deinit { release() }

  /// Lets the next server in. For the end, when nothing in the folder is open any more.
  func release() {
    let locks = [fileLock.exchange(-1, ordering: .relaxed), folderLock.exchange(-1, ordering: .relaxed)]
    for lock in locks where lock >= 0 { Self.unlock(lock) }
  }

  /// To close it would not do: a child that has not begun its program yet has the descriptor, too, and with it the lock.
  private static func unlock(_ descriptor: Int32) {
    _ = flock(descriptor, LOCK_UN)
    close(descriptor)
  }

  /// How often a lock is tried, and how long to wait in between: together longer than a look takes.
  private static let lockAttempts = 10
  private static let lockPause: UInt32 = 20_000

  /// Takes the lock. Blocks for a fifth of a second at most.
  /// - Returns: an error number; 0: it is taken.
  private static func lock(_ descriptor: Int32) -> Int32 {
    for attempt in 1...lockAttempts {
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return 0 }
      guard errno == EWOULDBLOCK, attempt < lockAttempts else { break }
      usleep(lockPause)
    }
    return errno
  }

  private static let lockName = "seatcast.lock"

  /// Whether another process holds either lock of a folder, which is left as it is. The look takes a shared lock for a
  /// moment.
  static func isLocked(_ path: String) -> Bool {
    [path, path + "/" + lockName].contains { name in
      let descriptor = unsafe open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
      guard descriptor >= 0 else { return false }
      if flock(descriptor, LOCK_SH | LOCK_NB) == 0 {
        unlock(descriptor)
        return false
      }
      defer { close(descriptor) }
      return errno == EWOULDBLOCK
    }
  }

  private static func lockFile(in folder: String, _ name: String) throws(StartFailure) -> Int32 {
    let file = unsafe open(folder + "/" + lockName, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else {
      throw StartFailure("cannot write in the data folder \(name): \(describe(errno: errno))")
    }
    guard PlainFile.isOpen(file) else {
      close(file)
      throw StartFailure("\(folder)/\(lockName) \(PlainFile.fault)")
    }
    let code = lock(file)
    guard code == 0 else {
      close(file)
      throw code == EWOULDBLOCK
        ? served(name)
        : StartFailure("cannot lock the data folder \(name): \(describe(errno: code))")
    }
    return file
  }

  /// Whoever deletes the lock file does not let a second server in. Some network file systems cannot lock a folder; there
  /// the file alone counts (-1).
  private static func lockFolder(_ folder: String, _ name: String) throws(StartFailure) -> Int32 {
    let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return -1 }
    let code = lock(descriptor)
    if code == 0 { return descriptor }
    close(descriptor)
    guard code != EWOULDBLOCK else {
      throw served(name)
    }
    return -1
  }

  /// Another process holds the folder.
  static func served(_ name: String) -> StartFailure {
    var failure = StartFailure("another seatcast already serves the data folder \(name)")
    failure.isServed = true
    return failure
  }

  private static func resolve(_ path: String) throws(StartFailure) -> String {
    guard let real = unsafe realpath(path, nil) else {
      throw StartFailure("cannot use the data folder \(path): \(describe(errno: errno))")
    }
    defer { unsafe free(real) }
    return unsafe String(cString: real)
  }

  static let databaseName = "seatcast.db"
  var database: String { realPath + "/" + Self.databaseName }

  /// Makes the file when it is missing, so that SQLite does not make it readable for others.
  func reserve(_ path: String) throws(StoreFailure) {
    let file = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw StoreFailure(code: 0, message: describe(errno: errno)) }
    close(file)
  }

  /// The bytes of a small file; nil: there is none.
  func read(_ name: String) throws(StartFailure) -> [UInt8]? {
    let file = unsafe open(realPath + "/" + name, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else {
      if errno == ENOENT { return nil }
      throw StartFailure("cannot read \(path)/\(name): \(describe(errno: errno))")
    }
    defer { close(file) }
    var (bytes, chunk): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 4096))
    while true {
      let count = unsafe chunk.withUnsafeMutableBytes { unsafe Glibc.read(file, $0.baseAddress, $0.count) }
      guard count >= 0 else {
        throw StartFailure("cannot read \(path)/\(name): \(describe(errno: errno))")
      }
      guard count > 0 else { return bytes }
      bytes += chunk.prefix(count)
    }
  }

  /// Puts a file there whole or not at all, also when the machine loses its power; readable by its owner only.
  func write(_ name: String, _ bytes: [UInt8]) throws(StartFailure) {
    let (target, draft) = (realPath + "/" + name, realPath + "/." + name + ".new")
    do throws(SystemFailure) {
      try Self.put(bytes, in: draft)
      guard unsafe rename(draft, target) == 0 else { throw SystemFailure(code: errno) }
      try Self.synchronize(realPath)
    } catch {
      unsafe unlink(draft)
      throw StartFailure("cannot write \(target): \(describe(errno: error.code))")
    }
  }

  /// A new name is on the disk only after this.
  private static func synchronize(_ folder: String) throws(SystemFailure) {
    let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw SystemFailure(code: errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw SystemFailure(code: errno) }
  }

  private static func put(_ bytes: [UInt8], in path: String) throws(SystemFailure) {
    let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0o600)
    guard file >= 0 else { throw SystemFailure(code: errno) }
    defer { close(file) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let put = unsafe rest.withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
      guard put > 0 else { throw SystemFailure(code: errno) }
      rest = rest.dropFirst(put)
    }
    guard fsync(file) == 0 else { throw SystemFailure(code: errno) }
  }

  /// Makes the folder and those above it that are missing. A power cut could take a folder whose name is not synced with all
  /// that was synced in it; where the folder above cannot be read, that is left to the file system.
  private static func make(_ path: String) throws(StartFailure) {
    guard !path.isEmpty else { throw StartFailure("the data folder has no name") }
    var prefix = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      let parent = prefix.isEmpty ? "." : prefix
      prefix += part + "/"
      if unsafe mkdir(prefix, 0o700) == 0 {
        try? synchronize(parent)
      } else if errno != EEXIST {
        throw StartFailure("cannot create the data folder \(path): \(describe(errno: errno))")
      }
    }
  }
}

struct SystemFailure: Error {
  let code: Int32
}
