// Thousands of WebSocket subscribers on one thread that polls all their sockets. Each member keeps its
// decoder and nothing else; what arrives goes to a closure.
import Glibc

/// Many subscribers of one server. One thread at a time.
public final class SocketCrowd {
  /// One member of the crowd.
  public struct Member {
    public fileprivate(set) var socket: Socket
    fileprivate var decoder = ServerFrameDecoder()
    fileprivate var head: [UInt8]? = []
    /// The server has ended this connection, or it was lost.
    public fileprivate(set) var hasEnded = false
  }

  public private(set) var members: [Member] = []
  private var entries: [pollfd] = []

  public init() {}

  /// Lets this process open as many descriptors as the hard limit allows; returns that limit.
  public static func raiseDescriptorLimit() -> Int {
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard unsafe getrlimit(resource, &limit) == 0 else { return 0 }
    limit.rlim_cur = limit.rlim_max
    _ = unsafe setrlimit(resource, &limit)
    return Int(clamping: limit.rlim_cur)
  }

  /// Connects one more member and sends its upgrade request; the answer is read by `read`.
  public func join(port: Int, path: String, token: String, receiveBuffer: Int? = nil) throws {
    let socket = try Socket(port: port, receiveBuffer: receiveBuffer)
    try socket.send(
      WebSocketClient.handshake(port: port, target: WebSocketClient.target(path, token: token)))
    entries.append(pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0))
    members.append(Member(socket: socket))
  }

  /// Reads what arrives, for all members, until `isDone` says so after a round; throws at the deadline.
  public func read(
    within patience: Duration, until isDone: () -> Bool, _ body: (_ member: Int, Incoming) throws -> Void
  ) throws {
    let deadline = Deadline(patience)
    while !isDone() {
      let ready = unsafe poll(&entries, nfds_t(entries.count), min(deadline.milliseconds, 100))
      if deadline.hasPassed { throw TestFailure("the crowd has not heard everything within \(patience)") }
      guard ready > 0 else { continue }
      for index in entries.indices where entries[index].revents != 0 { try readMember(index, body) }
    }
  }

  private func readMember(_ index: Int, _ body: (Int, Incoming) throws -> Void) throws {
    let arrived = (try? members[index].socket.receive(upTo: 16_384)) ?? []
    if arrived.isEmpty {
      members[index].hasEnded = true
      members[index].socket.close()
      entries[index].fd = -1
      return
    }
    if var head = members[index].head {
      head += arrived
      guard let end = HTTPAnswer.endOfHead(in: head) else {
        members[index].head = head
        return
      }
      let answer = try HTTPAnswer(head: Array(head[..<(end - 4)]))
      guard answer.status == 101 else { throw HandshakeRefused(answer: answer) }
      members[index].head = nil
      members[index].decoder.append(head[end...])
    } else {
      members[index].decoder.append(arrived)
    }
    while let incoming = try members[index].decoder.next() {
      if case .ping(let payload) = incoming {
        try? members[index].socket.send(ClientFrame.pong(payload).bytes)
      }
      try body(index, incoming)
    }
  }
}
