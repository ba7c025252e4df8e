// Connections for clients: opened, read, written and closed by asynchronous calls, on one thread of the network's own
// (`NetworkThread`, the executor of this actor). Any number of clients may share a network. At most one task waits
// for a connection at a time. A task that is cancelled while it waits gets `CancellationError` and the connection is closed.
import CClient
import Glibc

/// A connection of a network.
package struct LinkID: Hashable, Sendable {
  fileprivate let key: UInt64
}

package actor Network {
  private nonisolated let thread: NetworkThread
  private var links: [UInt64: Link] = [:]
  private var interests: [UInt64: Int32] = [:]
  private var nextKey: UInt64 = 1
  /// Not later than the first deadline of any waiter, in milliseconds of the monotonic clock.
  private var earliest = Int64.max
  private var openers: Set<UInt64> = []

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

  package init() throws(ClientError) {
    let thread = try NetworkThread()
    self.thread = thread
    thread.start(self)
  }

  deinit { thread.stop() }

  // MARK: For tasks

  /// Connects to a server by the first of its addresses that answers.
  func open(_ server: ServerAddress, tls: TLSContext?, within patience: Duration) async throws -> LinkID {
    let deadline = Self.now + patience.wholeMilliseconds
    var last = ClientError.connection("The host '\(server.host)' has no address.")
    for address in try await SocketAddress.resolve(server.host, port: server.port) {
      try Task.checkCancellation()
      let session = try tls.map { context in try TLSSession(context, host: server.host) }
      let key = nextKey
      nextKey += 1
      let link = try Link(address, tls: session)
      links[key] = link
      watch(key, link)
      openers.insert(key)
      defer { openers.remove(key) }
      do {
        _ = try await wait(key, deadline: deadline)
        return LinkID(key: key)
      } catch let error as ClientError {
        remove(key)
        if case .tls = error { throw error }
        last = error
      }
    }
    throw last
  }

  /// The next bytes, at least one. Throws when the connection has ended or nothing came in time.
  func receive(_ id: LinkID, within patience: Duration?) async throws -> Arrival {
    try await wait(id.key, deadline: patience.map { Self.now + $0.wholeMilliseconds })
  }

  func send(_ bytes: [UInt8], on id: LinkID) throws(ClientError) {
    guard let link = links[id.key] else { throw .connection("The connection is closed.") }
    try link.send(bytes)
    watch(id.key, link)
  }

  func close(_ id: LinkID) {
    links[id.key]?.finish()
    remove(id.key)
  }

  private func wait(_ key: UInt64, deadline: Int64?) async throws -> Arrival {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        guard let link = links[key] else {
          return continuation.resume(throwing: ClientError.connection("The connection is closed."))
        }
        precondition(link.waiter == nil, "Two tasks wait for one connection.")
        link.waiter = Link.Waiter(continuation: continuation, deadline: deadline)
        if let deadline { earliest = min(earliest, deadline) }
        settle(key, link)
        if Task.isCancelled { cancel(key) }
      }
    } onCancel: {
      Task { await self.cancel(key) }
    }
  }

  private func cancel(_ key: UInt64) {
    guard let link = links[key], let waiter = link.waiter else { return }
    link.waiter = nil
    remove(key)
    waiter.continuation.resume(throwing: CancellationError())
  }

  // MARK: For the thread

  /// Until the next deadline; -1: there is none.
  var millisecondsToDeadline: Int32 {
    earliest == .max ? -1 : Int32(clamping: max(0, earliest - Self.now))
  }

  /// Serves the sockets that are ready, and ends the waits whose time is up.
  func turn(_ ready: [Readiness]) {
    let time = Self.wallClock
    for readiness in ready {
      guard let link = links[readiness.link] else { continue }
      link.ready(readiness, at: time)
      settle(readiness.link, link)
    }
    if earliest <= Self.now { endOverdueWaits() }
  }

  private func endOverdueWaits() {
    let now = Self.now
    earliest = .max
    for (key, link) in links {
      guard let deadline = link.waiter?.deadline else { continue }
      if deadline > now {
        earliest = min(earliest, deadline)
      } else {
        link.fail(.connection("The server did not answer in time."))
        settle(key, link)
      }
    }
  }

  /// Tells whoever waits, and watches the socket for what is wanted of it now.
  private func settle(_ key: UInt64, _ link: Link) {
    if let waiter = link.waiter, let outcome = link.outcome(isOpening: openers.contains(key)) {
      link.waiter = nil
      waiter.continuation.resume(with: outcome.mapError { $0 as any Error })
    }
    watch(key, link)
  }

  private func watch(_ key: UInt64, _ link: Link) {
    let interest =
      (link.wantsToRead ? Int32(CC_READABLE) : 0)
      | (link.wantsToWrite ? Int32(CC_WRITABLE) : 0)
    guard let known = interests[key] else {
      interests[key] = link.stage == .ended ? -1 : interest
      if link.stage == .ended { return }
      _ = cc_poll_add(thread.set, link.descriptor, key, interest)
      return
    }
    // A broken socket is ready whatever is asked of it, and would wake the thread for ever.
    if link.stage == .ended {
      if known >= 0 { _ = cc_poll_remove(thread.set, link.descriptor) }
      interests[key] = -1
    } else if known != interest {
      interests[key] = interest
      _ = cc_poll_change(thread.set, link.descriptor, key, interest)
    }
  }

  private func remove(_ key: UInt64) {
    // Closing a descriptor also ends its watch.
    links[key] = nil
    interests[key] = nil
  }

  // MARK: Clocks

  /// Milliseconds of a clock that nobody sets.
  static var now: Int64 { read(CLOCK_MONOTONIC) }

  /// Milliseconds since 1970.
  package static var wallClock: Int64 { read(CLOCK_REALTIME) }

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
  }
}

extension Duration {
  /// At least one when it is positive at all.
  var wholeMilliseconds: Int64 {
    let parts = components
    return parts.seconds * 1_000 + (parts.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
  }
}
