// Makes the write-ahead log that an ended process left behind durable, before anybody is told what it says.
//
// A process that is killed between writing a commit and syncing it leaves frames that only the kernel's cache has; after
// a sync that failed the kernel may even call such pages clean, so that no later sync writes them. SQLite finds the
// frames whole, appends to them and builds on them, and a power cut then takes them and all that stands behind them. So the bytes
// are written over themselves, which makes their pages dirty again, and synced. Before SQLite opens the file: closing a
// second descriptor of it would drop SQLite's locks (fcntl(2)).

import Glibc

enum LogRenewal {
  private static let chunk = 1 << 20

  /// Writes the file anew in place and syncs it. What it says stays the same, whenever this is interrupted.
  /// - Returns: how many bytes it has; 0: there is no file.
  @discardableResult
  static func renew(_ path: String) throws(StoreFailure) -> Int {
    let file = unsafe open(path, O_RDWR | O_CLOEXEC)
    guard file >= 0 else {
      if errno == ENOENT { return 0 }
      throw failure(path)
    }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: chunk)
    var place = 0
    while true {
      let count = unsafe bytes.withUnsafeMutableBytes { buffer in
        let count = unsafe pread(file, buffer.baseAddress, buffer.count, off_t(place))
        guard count > 0 else { return count }
        return unsafe pwrite(file, buffer.baseAddress, count, off_t(place))
      }
      guard count >= 0 else { throw failure(path) }
      if count == 0 { break }
      place += count
    }
    guard fdatasync(file) == 0 else { throw failure(path) }
    return place
  }

  private static func failure(_ path: String) -> StoreFailure {
    StoreFailure(code: 0, message: "\(path) cannot be made durable: \(describe(errno: errno))")
  }
}
