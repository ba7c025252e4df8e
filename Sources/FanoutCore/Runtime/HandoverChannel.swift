// A channel to another process of the same user: messages with descriptors, over a Unix socket. Calls block for a bounded
// time. One thread at a time per channel.
internal import CUVShim

#if canImport(Glibc)
  internal import Glibc
#endif

/// One end of a channel; closed when it is let go.
public final class HandoverChannel: @unchecked Sendable {
  /// Why a call did not do what it was asked for.
  public enum Failure: Error, Equatable {
    /// The other process has closed its end, or has ended.
    case ended
    case timedOut
    /// The system's reason, in its words.
    case system(String)

    init(_ result: Int32) {
      self = result == -ETIMEDOUT ? .timedOut : .system(unsafe String(cString: strerror(-result)))
    }
  }

  /// Somebody waits for channels at a path; the file is removed when this is let go.
  public final class Listener: @unchecked Sendable {
    public let path: String
    fileprivate let descriptor: Int32
    private var isRemoved = false

    /// Replaces what is at `path`, which only this user can reach afterwards.
    public init(path: String) throws(Failure) {
      let result = unsafe cuv_channel_listen(path)
      guard result >= 0 else { throw Failure(result) }
      (self.path, descriptor) = (path, result)
    }

    deinit {
      remove()
      cuv_channel_close(descriptor)
    }

    /// Removes the file now, so that another listener can have the path.
    public func remove() {
      if !isRemoved { _ = unsafe unlink(path) }
      isRemoved = true
    }

    /// Waits for the next channel. A process of another user is refused, and the wait ends.
    public func accept(within milliseconds: Int) throws(Failure) -> HandoverChannel {
      let result = cuv_channel_accept(descriptor, Int32(clamping: milliseconds))
      guard result >= 0 else { throw Failure(result) }
      return HandoverChannel(descriptor: result)
    }
  }

  private let descriptor: Int32
  /// Lent to `receive`.
  private var buffer: [UInt8] = []

  private init(descriptor: Int32) { self.descriptor = descriptor }

  /// Reaches whoever listens at `path`; waits while more do than its queue has room for.
  public init(path: String, within milliseconds: Int = 5_000) throws(Failure) {
    let result = unsafe cuv_channel_connect(path, Int32(clamping: milliseconds))
    guard result >= 0 else { throw Failure(result) }
    descriptor = result
  }

  deinit { cuv_channel_close(descriptor) }

  /// Sends one message. The descriptors stay the caller's.
  public func send(
    _ bytes: [UInt8], _ descriptors: [Int32] = [], within milliseconds: Int = 5_000
  ) throws(Failure) {
    let result = unsafe cuv_channel_send(
      descriptor, bytes, bytes.count, descriptors, UInt32(descriptors.count), Int32(clamping: milliseconds))
    if result == -EPIPE || result == -ECONNRESET { throw .ended }
    guard result == 0 else { throw Failure(result) }
  }

  /// Waits for one message. The descriptors are the caller's.
  public func receive(within milliseconds: Int) throws(Failure) -> (bytes: [UInt8], descriptors: [Int32]) {
    if buffer.isEmpty { buffer = [UInt8](repeating: 0, count: ConnectionBatch.longest) }
    var descriptors = [Int32](repeating: -1, count: Int(CUV_CHANNEL_DESCRIPTORS))
    var count = UInt32(descriptors.count)
    let result = unsafe cuv_channel_receive(
      descriptor, &buffer, buffer.count, &descriptors, &count, Int32(clamping: milliseconds))
    guard result != 0 else { throw .ended }
    guard result > 0 else { throw Failure(Int32(result)) }
    return (Array(buffer.prefix(result)), Array(descriptors.prefix(Int(count))))
  }

  /// Waits until something can be received from one of them, or `listener` has another.
  /// - Returns: for each channel whether its next message is there, or its end.
  static func awaitInput(
    _ channels: [HandoverChannel], _ listener: Listener?, within milliseconds: Int
  ) -> [Bool] {
    let descriptors = channels.map(\.descriptor) + (listener.map { [$0.descriptor] } ?? [])
    var entries = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    guard unsafe poll(&entries, nfds_t(entries.count), Int32(clamping: milliseconds)) > 0 else {
      return channels.map { _ in false }
    }
    return entries.prefix(channels.count).map { $0.revents != 0 }
  }

  /// Closes descriptors that came and are not used.
  public static func discard(_ descriptors: [Int32]) { for descriptor in descriptors { close(descriptor) } }
}

/// A loop's way to a loop of the other process, over a channel.
final class ChannelLink: HandoverLink {
  let channel: HandoverChannel
  /// Milliseconds that the other process may take for each message.
  static let patience = 3_000
  /// The same while the loop serves: there is room, and the system may be short of something for a moment.
  private static let patienceAhead = 20
  /// Messages that the other process has not said it has.
  private var underWay = 0

  init(_ channel: HandoverChannel) { self.channel = channel }

  func hasRoom() -> Bool? {
    do throws(HandoverChannel.Failure) {
      while underWay > 0 { try awaitTaken(within: 0) }
    } catch {
      guard error == .timedOut else { return nil }
    }
    return underWay < ConnectionBatch.windowAhead
  }

  func sendAhead(_ records: [[UInt8]], _ descriptors: [Int32]) -> Bool {
    do throws(HandoverChannel.Failure) {
      try channel.send(ConnectionBatch.ahead(records).bytes, descriptors, within: Self.patienceAhead)
      underWay += 1
      return true
    } catch {
      return false
    }
  }

  func send(_ records: [[UInt8]], _ descriptors: [Int32]) -> Bool { send(.batch(records), descriptors) }
  func sendChanges(_ packed: [UInt8]) -> Bool { send(.changed(packed)) }
  func sendReplacements(_ replacements: [ConnectionBatch.Replacement]) -> Bool {
    send(.replaced(replacements))
  }

  private func send(_ batch: ConnectionBatch, _ descriptors: [Int32] = []) -> Bool {
    do throws(HandoverChannel.Failure) {
      try channel.send(batch.bytes, descriptors, within: Self.patience)
      underWay += 1
      while underWay >= ConnectionBatch.window { try awaitTaken(within: Self.patience) }
      return true
    } catch {
      return false
    }
  }

  func finish(_ count: Int) -> Bool {
    do throws(HandoverChannel.Failure) {
      while underWay > 0 { try awaitTaken(within: Self.patience) }
      try channel.send(ConnectionBatch.end(UInt64(count)).bytes, within: Self.patience)
      let answer = try channel.receive(within: Self.patience)
      HandoverChannel.discard(answer.descriptors)
      return ConnectionBatch(answer.bytes) == .complete
    } catch {
      return false
    }
  }

  private func awaitTaken(within milliseconds: Int) throws(HandoverChannel.Failure) {
    let answer = try channel.receive(within: milliseconds)
    HandoverChannel.discard(answer.descriptors)
    guard case .taken(let count) = ConnectionBatch(answer.bytes), count > 0, count <= underWay else {
      throw .ended
    }
    underWay -= Int(count)
  }
}
