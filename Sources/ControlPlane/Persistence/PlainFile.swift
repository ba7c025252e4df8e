// What is a file, and not a pipe or a device under a file's name: to open one of those may wait for ever, for somebody who
// writes into it. Whoever opens a file that was named from outside opens it without waiting, and asks here. Any thread.

import Glibc

public enum PlainFile {
  /// Behind the name of what is none.
  public static let fault = "is a pipe or a device, not a file"

  /// Whether the open descriptor is one of a file. A folder counts, because reading it says what it is.
  static func isOpen(_ descriptor: Int32) -> Bool {
    var status = stat()
    return unsafe fstat(descriptor, &status) == 0 && isPlain(status)
  }

  /// Whether there is a file, or nothing yet, at the path.
  public static func mayBe(at path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) != 0 || isPlain(status)
  }

  static func exists(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && isPlain(status)
  }

  private static func isPlain(_ status: stat) -> Bool {
    status.st_mode & S_IFMT == S_IFREG || status.st_mode & S_IFMT == S_IFDIR
  }
}
