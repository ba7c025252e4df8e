// The folder that holds everything a server keeps. One server per folder, ever: an exclusive lock on a file
// in it (flock(2)) ends with the process, however that ends. What stands in it is for the owner's eyes
// only.

import Glibc
import Synchronization

final class DataFolder: Sendable {
  let path: String
  /// Holds the lock while it is open; -1: released.
  private let lock: Atomic<Int32>

  /// Makes the folder when it is missing, and takes the lock.
  init(_ path: String) throws(StartFailure) {
    self.path = path
    try Self.make(path)
    let file = unsafe open(path + "/seatcast.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else {
      throw StartFailure("cannot write in the data folder \(path): \(describe(errno: errno))")
    }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      close(file)
      throw code == EWOULDBLOCK
        ? StartFailure("another seatcast already serves the data folder \(path)")
        : StartFailure("cannot lock the data folder \(path): \(describe(errno: code))")
    }
    lock = Atomic(file)
  }

  deinit { release() }

  /// Lets the next server in. For the end, when nothing in the folder is open any more.
  func release() {
    let file = lock.exchange(-1, ordering: .relaxed)
    if file >= 0 { close(file) }
  }

  var database: String { path + "/seatcast.db" }

  /// Makes the file when it is missing, so that SQLite does not make it readable for others.
  func reserve(_ path: String) throws(StoreFailure) {
    let file = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw StoreFailure(code: 0, message: describe(errno: errno)) }
    close(file)
  }

  /// The bytes of a small file; nil: there is none.
  func read(_ name: String) throws(StartFailure) -> [UInt8]? {
    let file = unsafe open(path + "/" + name, O_RDONLY | O_CLOEXEC)
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

  /// Puts a file there at once or not at all, readable by its owner only.
  func write(_ name: String, _ bytes: [UInt8]) throws(StartFailure) {
    let (target, draft) = (path + "/" + name, path + "/." + name + ".new")
    do throws(SystemFailure) {
      try Self.put(bytes, in: draft)
      guard unsafe rename(draft, target) == 0 else { throw SystemFailure(code: errno) }
    } catch {
      unsafe unlink(draft)
      throw StartFailure("cannot write \(target): \(describe(errno: error.code))")
    }
  }

  private static func put(_ bytes: [UInt8], in path: String) throws(SystemFailure) {
    let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
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

  /// Makes the folder and those above it that are missing.
  private static func make(_ path: String) throws(StartFailure) {
    guard !path.isEmpty else { throw StartFailure("the data folder has no name") }
    var prefix = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      prefix += part + "/"
      if unsafe mkdir(prefix, 0o700) == 0 || errno == EEXIST { continue }
      throw StartFailure("cannot create the data folder \(path): \(describe(errno: errno))")
    }
  }
}

private struct SystemFailure: Error {
  let code: Int32
}
