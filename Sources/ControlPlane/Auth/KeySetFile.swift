// The file with another system's public keys, and the state of it by which a change is noticed. Where reading may block.
import Glibc

/// What tells one state of a file from another without reading it.
struct FileState: Equatable, Sendable {
  let device: UInt
  let inode: UInt
  let bytes: Int
  /// Of the last change of its content, its owner or its mode, which nobody sets: seconds since 1970, and nanoseconds.
  let seconds: Int
  let nanoseconds: Int

  fileprivate init(_ status: stat) {
    (device, inode, bytes) = (UInt(status.st_dev), UInt(status.st_ino), Int(status.st_size))
    (seconds, nanoseconds) = (status.st_ctim.tv_sec, status.st_ctim.tv_nsec)
  }
}

struct KeySetFile: Sendable {
  let path: String

  /// Nil: it cannot be found.
  var state: FileState? {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? FileState(status) : nil
  }

  /// Fails with one sentence.
  func keys() throws(StartFailure) -> [TokenKey] {
    let bytes = try read()
    do throws(KeyRefusal) {
      return try JSONWebKeySet.keys(bytes)
    } catch {
      throw StartFailure("\(path) \(error.description)")
    }
  }

  /// At most one byte more than a set may have, whatever the file is.
  private func read() throws(StartFailure) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw failure(errno) }
    defer { close(descriptor) }
    guard PlainFile.isOpen(descriptor) else { throw StartFailure("\(path) \(PlainFile.fault)") }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while bytes.count <= JSONWebKeySet.maximumBytes {
      let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
      guard count >= 0 else { throw failure(errno) }
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    return bytes
  }

  private func failure(_ code: Int32) -> StartFailure {
    StartFailure("cannot read \(path): \(describe(errno: code))")
  }
}
