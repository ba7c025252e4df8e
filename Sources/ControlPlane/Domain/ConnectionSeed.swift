// The secret behind the keys by which a plane without identities tells clients apart (`Identity.connectionKey`): random, one
// for the life of a server, and told to the process that takes its connections over. Any thread; the lock is held for a copy.
import Synchronization

enum ConnectionSeed {
  static let byteCount = 16
  private static let chosen = Mutex<[UInt8]?>(nil)

  /// Made when it is asked for first.
  static var bytes: [UInt8] {
    chosen.withLock { chosen in
      if let chosen { return chosen }
      let bytes = Cryptography.randomBytes(byteCount)
      chosen = bytes
      return bytes
    }
  }

  /// The seed of the process whose connections this one goes on with. False: keys were made with another one already.
  static func use(_ bytes: [UInt8]) -> Bool {
    chosen.withLock { chosen in
      if chosen == nil { chosen = bytes }
      return chosen == bytes
    }
  }
}
