// The live feed of one event: connects, tells what it hears, and connects again when the connection is lost, from where
// it was (`since`, `epoch`). Ends only by cancellation or by an error that trying again cannot mend. What it tells is
// unfiltered; `NoticeFilter` and `SnapshotBuilder` make of it what programs want. Runs in the task that calls `run`.

/// What a live feed tells, in order.
package enum FeedEvent: Sendable {
  /// Connected, or connected again: `recovered` is nil when no resume was asked, and false when what was missed is no
  /// longer to be had. Counts and state are there unless it was recovered.
  case live(seq: UInt64, epoch: String, recovered: Bool?, count: SeatCount?, state: EventState?, at: Int64)
  /// As the server sent it; `at`: when it was read, in milliseconds since 1970 by this machine's clock.
  case notice(Notice, at: Int64)
  case offer(WaitlistOffer)
  /// The connection is lost; another attempt follows after `retryIn`.
  case lost(ClientError, retryIn: Duration)
}

struct LiveFeed {
  /// How a connection ended, when another may be opened.
  private struct Ending {
    var error: ClientError
    var needsAnotherToken = false
  }

  let event: Int
  let access: ServerAccess
  /// Gets every message as it came, before it is read.
  let tap: @Sendable ([UInt8]) -> Void
  let tell: @Sendable (FeedEvent) -> Void
  /// The last change that was told, and whose count it is.
  private var position: (seq: UInt64, epoch: String)?
  private var backoff = Backoff()
  private var need = TokenProvider.Need.usual
  /// Tokens that the server refused one after the other.
  private var refusedTokens = 0

  init(
    event: Int, access: ServerAccess, tap: @escaping @Sendable ([UInt8]) -> Void,
    tell: @escaping @Sendable (FeedEvent) -> Void
  ) {
    (self.event, self.access, self.tap, self.tell) = (event, access, tap, tell)
  }

  mutating func run() async throws {
    while true {
      try Task.checkCancellation()
      let ending = try await connectOnce()
      need = ending.needsAnotherToken ? .another : .usual
      refusedTokens = ending.needsAnotherToken ? refusedTokens + 1 : 0
      if refusedTokens > 1 { throw ClientError.unauthorized(ending.error.description) }
      let wait = backoff.next()
      tell(.lost(ending.error, retryIn: wait))
      try await Task.sleep(for: wait)
    }
  }

  private var target: String {
    let path = "/ws/events/\(event)"
    guard let position else { return path }
    return path + "?since=\(position.seq)&epoch=\(position.epoch)"
  }

  private mutating func connectOnce() async throws -> Ending {
    let token = try await access.token(need)
    do {
      var socket = try await WebSocketConnection.open(
        target, of: access.server, token: token, network: access.network, tls: access.tls,
        within: access.patience)
      do {
        try await askForPace(on: socket.link)
        let ending = try await listen(on: &socket)
        await access.network.close(socket.link)
        return ending
      } catch {
        await access.network.close(socket.link)
        throw error
      }
    } catch let error as ClientError {
      return try ending(of: error)
    }
  }

  private func askForPace(on link: LinkID) async throws {
    guard access.maxPerSecond > 0 else { return }
    let message = JSONWriter.object { writer in
      writer.member("type", "set_pace")
      writer.member("maxPerSecond", access.maxPerSecond)
    }
    try await access.network.send(ClientFrames.frame(.text, message), on: link)
  }

  /// Throws what trying again cannot mend.
  private mutating func ending(of error: ClientError) throws(ClientError) -> Ending {
    switch error {
    case .connection, .protocolViolation: return Ending(error: error)
    case .refused(let problem) where [429, 500, 502, 503, 504].contains(problem.status):
      if let seconds = problem.retryAfter { backoff.obey(slot: .seconds(seconds)) }
      return Ending(error: error)
    default: throw error
    }
  }

  private mutating func listen(on socket: inout WebSocketConnection) async throws -> Ending {
    while true {
      switch try await socket.next() {
      case .text(let text, let at):
        tap(text)
        if let ending = try take(ServerMessage(text), at: at, socket.link) { return ending }
      case .closed(let code, let reason): return try judge(code, reason)
      }
    }
  }

  private mutating func take(_ message: ServerMessage, at: Int64, _ link: LinkID) throws -> Ending? {
    switch message {
    case .greeting(let greeting) where greeting.eventID == event: begin(greeting, at: at)
    case .notice(let notice) where notice.eventID == event:
      position = position.map { (max($0.seq, notice.seq), $0.epoch) }
      tell(.notice(notice, at: at))
    case .offer(let offer): tell(.offer(offer))
    case .tokenExpiring: refreshToken(on: link)
    case .draining(let milliseconds): backoff.obey(slot: .milliseconds(max(0, milliseconds)))
    case .greeting, .notice, .error, .other: break
    }
    return nil
  }

  private mutating func begin(_ greeting: Greeting, at: Int64) {
    position = (greeting.seq, greeting.epoch)
    backoff.succeeded()
    refusedTokens = 0
    tell(
      .live(
        seq: greeting.seq, epoch: greeting.epoch, recovered: greeting.recovered, count: greeting.count,
        state: greeting.state, at: at))
  }

  /// Sends a new token; without one the server closes with 4001, and a new connection asks again.
  private func refreshToken(on link: LinkID) {
    let access = access
    Task {
      guard let token = try? await access.token(.another) else { return }
      let message = JSONWriter.object { writer in
        writer.member("type", "refresh_token")
        writer.member("token", token)
      }
      try? await access.network.send(ClientFrames.frame(.text, message), on: link)
    }
  }

  /// What a close code means (docs/WIRE_PROTOCOL.md, "Close codes").
  private func judge(_ code: CloseCode?, _ reason: String) throws(ClientError) -> Ending {
    let error = ClientError.connection(
      "The server closed the connection" + (reason.isEmpty ? "." : ": \(reason)."))
    switch code {
    case .topicNotFound?: throw .eventNotFound(event)
    case .tokenExpired?: return Ending(error: error, needsAnotherToken: true)
    case .policyViolation? where reason.hasSuffix("authentication token"),
      .policyViolation? where reason.hasPrefix("Authentication token"):
      return Ending(error: .unauthorized(error.description), needsAnotherToken: true)
    case .policyViolation? where !reason.hasPrefix("Too many"): throw .unauthorized(error.description)
    default: return Ending(error: error)
    }
  }
}

/// What every request and feed of a client needs.
struct ServerAccess: Sendable {
  let server: ServerAddress
  let network: Network
  let tls: TLSContext?
  let patience: Duration
  /// Of a live sequence; 0: all.
  let maxPerSecond: Int
  let token: @Sendable (TokenProvider.Need) async throws -> String?
}
