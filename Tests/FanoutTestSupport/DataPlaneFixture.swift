// A real plane on loopback with fake ports, and a thread of its own that is the publisher: it alone answers what
// loops ask and publishes what tests want.
import Synchronization
import TestSupport

@testable import FanoutCore

final class DataPlaneFixture: Sendable {
  let plane: DataPlane
  let port: Int
  let topics = FakeTopics()
  let inbound = FakeInbound()
  let observer = RecordingObserver()
  private let wishes = Guarded<[(topic: Int64, count: Int)]>([])
  private let isOver = Atomic(false)
  private let publisher = Guarded<BackgroundThread<Void>?>(nil)

  /// Starts a plane on a free port.
  /// - Parameter prepare: before it starts.
  init(
    _ configuration: DataPlane.Configuration = DataPlaneFixture.configuration(),
    prepare: (DataPlane) throws -> Void = { _ in }
  ) throws {
    plane = try DataPlane(configuration)
    try prepare(plane)
    port = try plane.start(
      inbound: inbound, sessions: FakeSessionHandler(), topics: topics, observer: observer)
    let (plane, topics) = (plane, topics)
    let thread = try BackgroundThread { [unowned self] in
      while !isOver.load(ordering: .acquiring) {  // pairs with the release in close()
        topics.pump(plane.publisher) { plane.deliver($0, to: $1) }
        for wish in takeWishes() { topics.publish(wish.topic, wish.count, to: plane.publisher) }
        pause(milliseconds: 1)
      }
    }
    publisher.withLock { $0 = thread }
  }

  /// A port that the system chooses, few loops, small waits.
  static func configuration(loops: Int = 1, sender: SenderKind = .automatic) -> DataPlane.Configuration {
    var configuration = DataPlane.Configuration()
    (configuration.port, configuration.loops, configuration.sender) = (0, loops, sender)
    configuration.limits.closeTimeout = 2_000
    return configuration
  }

  /// Publishes soon.
  func publish(_ topic: Int64, _ count: Int = 1) { wishes.withLock { $0.append((topic, count)) } }

  private func takeWishes() -> [(topic: Int64, count: Int)] {
    wishes.withLock { wishes in
      defer { wishes = [] }
      return wishes
    }
  }

  /// Ends the plane and the publisher. Must be called before the bench is let go.
  func close() throws {
    plane.closeAll()
    isOver.store(true, ordering: .releasing)
    let thread = publisher.withLock { thread in
      defer { thread = nil }
      return thread
    }
    try thread?.join()
  }

  /// A WebSocket with its greeting read.
  func webSocket(_ path: String, greeting: String) throws -> WebSocketClient {
    let client = try WebSocketClient(port: port, path: path)
    let first = try client.next()
    guard first == .text(greeting) else { throw TestFailure("\(first) came instead of \(greeting)") }
    return client
  }
}
