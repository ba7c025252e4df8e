// Reads files that must be small, so that a wrong name (a device, a log) cannot fill the memory, and a pipe into which
// nobody writes cannot keep a command waiting. Main thread; blocks.
import ControlPlane
import Glibc

enum BoundedFile {
  struct Failure: Error, Equatable {
    /// Behind the file's name: `cannot be read: Permission denied`.
    let why: String
  }

  /// For what a pipe gives: a password comes from another program, perhaps.
  static let patience: Int32 = 10_000

  /// - Parameters:
  ///   - isPlain: refuses pipes and devices.
  ///   - patience: how many milliseconds nothing may come.
  static func read(
    _ path: String, atMost maximum: Int, isPlain: Bool = false, patience: Int32 = patience
  ) throws(Failure) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw failure(errno) }
    defer { close(descriptor) }
    var state = stat()
    guard unsafe fstat(descriptor, &state) == 0 else { throw failure(errno) }
    let kind = state.st_mode & S_IFMT
    if kind == S_IFDIR { throw Failure(why: "is a folder") }
    if isPlain, kind != S_IFREG { throw Failure(why: PlainFile.fault) }
    let bytes = try bytes(of: descriptor, atMost: maximum, patience)
    if kind == S_IFIFO, bytes.isEmpty { throw Failure(why: "is a pipe into which nothing writes") }
    return bytes
  }

  private static func bytes(
    of descriptor: Int32, atMost maximum: Int, _ patience: Int32
  ) throws(Failure) -> [UInt8] {
    var (bytes, buffer): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 65_536))
    while true {
      let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      if count < 0, errno == EAGAIN {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&entry, 1, patience) != 0 else {
          throw Failure(why: "is a pipe or a device that gives nothing")
        }
        continue
      }
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
