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
    private let descriptor: Int32
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

  /// Reaches whoever listens at `path`.
  public init(path: String) throws(Failure) {
    let result = unsafe cuv_channel_connect(path)
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

  /// Closes descriptors that came and are not used.
  public static func discard(_ descriptors: [Int32]) { for descriptor in descriptors { close(descriptor) } }
}

/// A loop's way to a loop of the other process, over a channel.
struct ChannelLink: HandoverLink {
  let channel: HandoverChannel
  /// Milliseconds that the other process may take for each message.
  static let patience = 3_000
  /// Batches that the other process has not said it has.
  private let underWay = Box()

  private final class Box { var count = 0 }

  init(_ channel: HandoverChannel) { self.channel = channel }

  func send(_ records: [[UInt8]], _ descriptors: [Int32]) -> Bool {
    do throws(HandoverChannel.Failure) {
      try channel.send(ConnectionBatch.batch(records).bytes, descriptors, within: Self.patience)
      underWay.count += 1
      while underWay.count >= ConnectionBatch.window { try awaitTaken() }
      return true
    } catch {
      return false
    }
  }

  func finish(_ count: Int) -> Bool {
    do throws(HandoverChannel.Failure) {
      while underWay.count > 0 { try awaitTaken() }
      try channel.send(ConnectionBatch.end(UInt64(count)).bytes, within: Self.patience)
      let answer = try channel.receive(within: Self.patience)
      HandoverChannel.discard(answer.descriptors)
      return ConnectionBatch(answer.bytes) == .complete
    } catch {
      return false
    }
  }

  private func awaitTaken() throws(HandoverChannel.Failure) {
    let answer = try channel.receive(within: Self.patience)
    HandoverChannel.discard(answer.descriptors)
    guard case .taken(let count) = ConnectionBatch(answer.bytes), count > 0, count <= underWay.count else {
      throw .ended
    }
    underWay.count -= Int(count)
  }
}

/// Connections that came from another process and are not served yet. They are closed when this is let go unused.
final class StagedConnections: @unchecked Sendable {
  private(set) var all: [(descriptor: Int32, record: ConnectionRecord)] = []

  deinit { HandoverChannel.discard(all.map(\.descriptor)) }

  func append(_ descriptor: Int32, _ record: ConnectionRecord) { all.append((descriptor, record)) }

  /// Gives them out; from now on they are the caller's.
  func take() -> [(descriptor: Int32, record: ConnectionRecord)] {
    defer { all = [] }
    return all
  }

  /// Takes in what one loop of the other process sends, until it says that it was all.
  /// - Returns: whether it was complete, and everything could be read.
  func receive(from channel: HandoverChannel, within milliseconds: Int) -> Bool {
    var (patience, count) = (milliseconds, 0)
    do throws(HandoverChannel.Failure) {
      while true {
        let (bytes, descriptors) = try channel.receive(within: patience)
        patience = ChannelLink.patience
        switch ConnectionBatch(bytes) {
        case .batch(let records) where records.count == descriptors.count && !records.isEmpty:
          guard take(records, descriptors) else { return false }
          count += records.count
          try channel.send(ConnectionBatch.taken(1).bytes, within: patience)
        case .end(let number) where number == count && descriptors.isEmpty:
          try channel.send(ConnectionBatch.complete.bytes, within: patience)
          return true
        default:
          HandoverChannel.discard(descriptors)
          return false
        }
      }
    } catch {
      return false
    }
  }

  private func take(_ records: [[UInt8]], _ descriptors: [Int32]) -> Bool {
    let read = records.compactMap { ConnectionRecord($0) }
    guard read.count == descriptors.count else {
      HandoverChannel.discard(descriptors)
      return false
    }
    for (descriptor, record) in zip(descriptors, read) { append(descriptor, record) }
    return true
  }
}
