// A folder for one test, gone when the test lets go of it.
import Glibc

/// A new empty folder (mode 0700) below TMPDIR or /tmp; removed with all that is in it at the end.
public final class TemporaryFolder: Sendable {
  public let path: String

  public init() throws { path = try makeTemporaryFolder() }

  /// Takes over a folder that is there, and removes it at the end.
  public init(taking path: String) { self.path = path }

  deinit { removeTree(path) }
}

/// A new empty folder (mode 0700) below TMPDIR or /tmp.
func makeTemporaryFolder() throws -> String {
  let parent = environmentVariable("TMPDIR") ?? "/tmp"
  var template = Array("\(parent)/seatcast-test-XXXXXX".utf8CString)
  guard unsafe mkdtemp(&template) != nil else {
    throw TestFailure("no temporary folder in \(parent): errno \(errno)")
  }
  return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// The value of an environment variable of this process.
public func environmentVariable(_ name: String) -> String? {
  guard let value = unsafe getenv(name) else { return nil }
  return unsafe String(cString: value)
}

/// Deletes a file, or a folder with all that is in it. What cannot be deleted stays.
public func removeTree(_ path: String) {
  for name in names(in: path) { removeTree("\(path)/\(name)") }
  _ = unsafe remove(path)
}

/// The names in a folder, without "." and ".."; none when it is no folder, or only a link to one.
public func names(in folder: String) -> [String] {
  let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
  guard descriptor >= 0 else { return [] }
  guard let stream = unsafe fdopendir(descriptor) else {
    close(descriptor)
    return []
  }
  defer { unsafe closedir(stream) }
  var found: [String] = []
  while let entry = unsafe readdir(stream) {
    let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
      unsafe field.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
    }
    if name != "." && name != ".." { found.append(name) }
  }
  return found.sorted()
}

/// The bytes of a file, or nil when it cannot be read.
public func contents(of path: String) -> [UInt8]? {
  let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  var all: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = unsafe read(descriptor, &piece, piece.count)
    guard count > 0 else { return count == 0 ? all : nil }
    all += piece[0..<count]
  }
}

/// Writes a file anew.
public func put(_ text: String, at path: String) throws { try put(Array(text.utf8), at: path) }

/// Writes a file anew.
public func put(_ bytes: [UInt8], at path: String) throws {
  let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
  guard descriptor >= 0 else { throw TestFailure("\(path) cannot be written: errno \(errno)") }
  defer { close(descriptor) }
  guard unsafe write(descriptor, bytes, bytes.count) == bytes.count else {
    throw TestFailure("\(path) is not written: errno \(errno)")
  }
}
