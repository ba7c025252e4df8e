// Reads files that must be small, so that a wrong name (a device, a log) cannot fill the memory. Main thread; blocks.
import Glibc

enum BoundedFile {
  struct Failure: Error, Equatable {
    /// Behind the file's name: `cannot be read: Permission denied`.
    let why: String
  }

  /// - Parameter isPlain: refuses pipes and devices, which could block.
  static func read(_ path: String, atMost maximum: Int, isPlain: Bool = false) throws(Failure) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | (isPlain ? O_NONBLOCK : 0))
    guard descriptor >= 0 else { throw failure(errno) }
    defer { close(descriptor) }
    var state = stat()
    guard unsafe fstat(descriptor, &state) == 0 else { throw failure(errno) }
    let kind = state.st_mode & S_IFMT
    if kind == S_IFDIR { throw Failure(why: "is a folder") }
    if isPlain, kind != S_IFREG { throw Failure(why: "is a pipe or a device, not a file") }
    return try bytes(of: descriptor, atMost: maximum)
  }

  private static func bytes(of descriptor: Int32, atMost maximum: Int) throws(Failure) -> [UInt8] {
    var (bytes, buffer): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 65_536))
    while true {
      let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure(errno) }
      if count == 0 { return bytes }
      bytes += buffer[..<count]
      if bytes.count > maximum { throw Failure(why: "is larger than \(maximum / 1_024) KiB") }
    }
  }

  private static func failure(_ code: Int32) -> Failure {
    Failure(why: "cannot be read: \(unsafe String(cString: strerror(code)))")
  }
}
