// Tells the viewers of each event how many they are, at most once a second (`--viewer-counts on`). A thread of its own: it
// takes numbers from the loops and hands texts to them, and neither waits for it.
import ControlPlane
import FanoutCore
import Glibc
import Synchronization

/// What the data plane offers for it. Any thread.
protocol AudiencePort: Sendable {
  func takeSubscribers() -> [[TopicID: SubscriberCount]]
  func tell(_ texts: [TopicText], on loop: Int)
}

final class ViewerNews: Sendable {
  /// Milliseconds between two rounds.
  static let interval: UInt64 = 1_000
  /// How soon a stop is noticed, in milliseconds.
  private static let pause: UInt32 = 50

  private let plane: any AudiencePort
  /// nil: there are no other nodes.
  private let others: (any RemoteAudiences)?
  private let text: @Sendable (EventID, Int) -> [UInt8]
  private let counts: Mutex<ViewerCounts>
  private let isOver = Atomic(false)
  private let thread = Mutex<NamedThread?>(nil)

  init(
    plane: any AudiencePort, loops: Int, others: (any RemoteAudiences)? = nil,
    text: @escaping @Sendable (EventID, Int) -> [UInt8]
  ) {
    (self.plane, self.others, self.text) = (plane, others, text)
    counts = Mutex(ViewerCounts(loops: loops, hasNodes: others != nil))
  }

  func start() throws(StartFailure) {
    let started = try NamedThread("viewers") { self.run() }
    thread.withLock { $0 = started }
  }

  /// Returns when nothing is told any more.
  func stop() {
    isOver.store(true, ordering: .relaxed)  // the thread only has to see it some time; join() orders the rest
    let running = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    running?.join()
  }

  private func run() {
    var waited: UInt64 = 0
    while !isOver.load(ordering: .relaxed) {
      usleep(Self.pause * 1_000)
      waited += UInt64(Self.pause)
      guard waited >= Self.interval else { continue }
      waited = 0
      round()
    }
  }

  /// One round. Any thread.
  func round() {
    let texts = counts.withLock { counts in
      counts.take(plane.takeSubscribers())
      if let others {
        others.note(counts.takeShared())
        counts.take(elsewhere: others.takeOthers())
      }
      return counts.round(text)
    }
    for (loop, texts) in texts.enumerated() where !texts.isEmpty { plane.tell(texts, on: loop) }
  }
}
