// Requests of one client over connections that are kept for the next one. Any thread; a request waits on its own task.
import Synchronization

final class HTTPPool: Sendable {
  /// Connections that are kept while nobody uses them.
  private static let idleLimit = 8

  let server: ServerAddress
  private let network: Network
  private let tls: TLSContext?
  private let patience: Duration
  private let idle = Mutex<[LinkID]>([])

  init(_ server: ServerAddress, network: Network, tls: TLSContext?, patience: Duration) {
    (self.server, self.network, self.tls, self.patience) = (server, network, tls, patience)
  }

  deinit {
    let (links, network) = (idle.withLock { $0 }, network)
    if !links.isEmpty { Task { for link in links { await network.close(link) } } }
  }

  /// Sends a request and waits for its answer. A kept connection may have been closed by the server meanwhile: then
  /// the request is sent once more on a new one, when nothing of an answer had come and it does no harm twice.
  func perform(_ call: HTTPCall) async throws -> HTTPResponseMessage {
    let bytes = try call.bytes(to: server)
    if let link = idle.withLock({ $0.popLast() }) {
      do {
        return try await exchange(bytes, call, on: link)
      } catch let error as ClientError {
        guard case .connection = error, call.isRepeatable else { throw error }
      }
    }
    let link = try await network.open(server, tls: tls, within: patience)
    return try await exchange(bytes, call, on: link)
  }

  private func exchange(
    _ bytes: [UInt8], _ call: HTTPCall, on link: LinkID
  ) async throws -> HTTPResponseMessage {
    do {
      try await network.send(bytes, on: link)
      let (answer, hasMore) = try await receive(HTTPResponseReader(isHead: call.method == "HEAD"), from: link)
      if answer.keepsAlive, !hasMore, keep(link) { return answer }
      await network.close(link)
      return answer
    } catch {
      await network.close(link)
      throw error
    }
  }

  private func receive(
    _ reader: HTTPResponseReader, from link: LinkID
  ) async throws -> (answer: HTTPResponseMessage, hasMore: Bool) {
    var reader = reader
    while true {
      let arrival: Arrival
      do {
        arrival = try await network.receive(link, within: patience)
      } catch let error as ClientError {
        if let answer = reader.end() { return (answer, true) }
        throw error
      }
      var position = 0
      do throws(HTTPFailure) {
        if let answer = try reader.read(arrival.bytes.span, &position) {
          return (answer, position < arrival.bytes.count)
        }
      } catch {
        throw ClientError.protocolViolation(error.sentence)
      }
    }
  }

  private func keep(_ link: LinkID) -> Bool {
    idle.withLock { links in
      guard links.count < Self.idleLimit else { return false }
      links.append(link)
      return true
    }
  }
}
