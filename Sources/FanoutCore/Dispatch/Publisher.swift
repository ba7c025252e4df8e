// Publishes notices to the loops: it knows which loop holds which topic, encodes each notice once and makes one parcel
// per loop and batch. Invariant: all calls come from one thread, and mailboxes are first in, first out; so a loop
// receives a grant before the notices that follow on it.
import Synchronization

/// Publishes notices to the loops that hold their topics. One thread only: the one that decides the order.
public final class Publisher: @unchecked Sendable {
  private let loops: [LoopProxy]
  /// The loops that hold a topic. The publisher's thread only.
  private var holders: [TopicID: [LoopID]] = [:]
  private let owner = ThreadOwner()
  /// Stands before `seq` in the ids of event streams. Set when the plane starts, before any topic is watched.
  private let idPrefix = Mutex<[UInt8]>([])

  init(loops: [LoopProxy]) { self.loops = loops }

  /// Whether any loop holds the topic; notices on other topics reach no subscriber.
  public func isWatched(_ topic: TopicID) -> Bool {
    assertOwner()
    return holders[topic] != nil
  }

  /// Encodes each notice once and hands each loop what it holds of it.
  /// - Parameter committedAt: when the updates were committed, in nanoseconds of the monotonic clock; 0: not known.
  public func publish(_ updates: [TopicUpdate], committedAt: UInt64 = 0) {
    assertOwner()
    let idPrefix = idPrefix.withLock { $0 }
    var parcels = [[FrameRun]](repeating: [], count: loops.count)
    for item in updates where !item.notices.isEmpty {
      guard let interested = holders[item.topic] else { continue }
      let run = FrameRun(item, idPrefix: idPrefix, committedAt: committedAt)
      for loop in interested { parcels[Int(loop.rawValue)].append(run) }
    }
    for (loop, runs) in zip(loops, parcels) where !runs.isEmpty { loop.post(.updates(runs)) }
  }

  /// Answers `TopicSource.open`: from here on `loop` receives what is published on `topic`, beginning behind
  /// `summary`; nil: there is no such topic.
  public func grant(_ topic: TopicID, to loop: LoopID, at summary: TopicSummary?) {
    assertOwner()
    guard Int(loop.rawValue) < loops.count else { return }
    if summary != nil, holders[topic]?.contains(loop) != true { holders[topic, default: []].append(loop) }
    loops[Int(loop.rawValue)].post(.grant(topic, summary))
  }

  /// Answers `TopicSource.close`: `loop` receives nothing of `topic` any more.
  public func released(_ topic: TopicID, by loop: LoopID) {
    assertOwner()
    holders[topic]?.removeAll { $0 == loop }
    if holders[topic]?.isEmpty == true { holders[topic] = nil }
  }

  /// The topic is no more. Its subscribers are sent what was published on it and then lose their subscriptions; a
  /// connection that has no other is closed (4404), and no subscription is admitted any more. After the last notice.
  public func withdraw(_ topic: TopicID) {
    assertOwner()
    for loop in holders.removeValue(forKey: topic) ?? [] { loops[Int(loop.rawValue)].post(.withdraw(topic)) }
  }

  /// Any thread.
  func use(idPrefix bytes: [UInt8]) { idPrefix.withLock { $0 = bytes } }

  private func assertOwner() {
    assert(owner.isHere, "A publisher belongs to one thread, the one that decides the order of notices.")
  }
}
