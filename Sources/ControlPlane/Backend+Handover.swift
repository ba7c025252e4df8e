// What another process needs to go on where this one stops, beside the data folder: what is in memory alone. Called by the
// thread that leads the handover; each call may block.
//
// Invariant: `settle` can be undone by `resume` until `close` was called, and `close` lets the data folder go.

import Glibc

extension Backend {
  /// Brings work to an end that would keep the ledger from closing at once: new work on passwords is refused as when there is
  /// too much of it, and those who wait for the feed are answered with what there is.
  /// - Returns: whether all of it ended in time.
  public func settle(within milliseconds: Int) -> Bool {
    threads.hashers.pause(true)
    threads.registrars.pause(true)
    threads.feed.waiters.pause(true)
    let end = ports.clock.uptime + Int64(milliseconds)
    while !(threads.hashers.isIdle && threads.registrars.isIdle && threads.feed.waiters.count == 0) {
      guard ports.clock.uptime < end else { return false }
      usleep(500)
    }
    return true
  }

  /// Nothing was handed over: everything is served as before.
  public func resume() {
    threads.hashers.pause(false)
    threads.registrars.pause(false)
    threads.feed.waiters.pause(false)
  }

  /// The one-use tokens for connections that are good now, and the seed of connection keys; in pieces of at most 48 KB.
  /// Nothing of it may be logged.
  public func memory() -> [[UInt8]] {
    let now = ports.clock.now
    let tokens = endpoints.connectionTokens.pieces { [revocations = endpoints.accounts.revocations] in
      now < $0.expiresAt && !revocations.refuses($0, at: now)
    }
    return [JSONWriter.object { $0.member(Self.seedName, hex(ConnectionSeed.bytes)) }] + tokens
  }

  private static let seedName = "connectionSeed"

  /// Takes the seed out of what another process told. To be called before anything else of the plane.
  /// - Returns: whether it was there, and is used.
  public static func useSeed(of memory: [[UInt8]]) -> Bool {
    for piece in memory {
      guard let text = (try? StrictJSON.parse(piece))?.members?[seedName]?.text else { continue }
      guard let seed = bytes(hex: text), seed.count == ConnectionSeed.byteCount else { return false }
      return ConnectionSeed.use(seed)
    }
    return false
  }

  /// Takes over what `memory` of another process told.
  public func adopt(_ memory: [[UInt8]]) {
    for piece in memory { endpoints.connectionTokens.adopt(piece) }
  }

  /// When what each trusted key signed ends, by its number; whatever was admitted by another key is good no more.
  public var keyEnds: [UInt32: Instant] { keys.keys.current.ends }
}
