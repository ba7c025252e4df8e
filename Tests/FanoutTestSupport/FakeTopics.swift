// A model of the other plane's ledger: topics with gapless notices, grants and histories, answered in order by
// whoever pumps. Loops ask from their threads; pumping and publishing belong to one thread, the publisher's.
//   notice  "n 5 12"   snapshot  "s 5 12"   for missed ones  "c 5 9 12" (9 to 12)

import TestSupport

@testable import FanoutCore

final class FakeTopics: TopicSource {
  enum Ask: Equatable, Sendable {
    case open(TopicID, LoopID)
    case close(TopicID, LoopID)
    case history(TopicID, after: UInt64, through: UInt64, Ticket)
  }

  private struct State {
    var asks: [Ask] = []
    var everAsked: [Ask] = []
    var heads: [TopicID: UInt64] = [:]
    var isBusy = false
    /// Notices up to this `seq` are gone.
    var forgotten: UInt64 = 0
    var padding = 0
  }

  private let state = Guarded(State())

  // MARK: What tests say

  /// Makes a topic that stands at `head`.
  func create(_ topic: Int64, head: UInt64 = 0) { state.withLock { $0.heads[TopicID(topic)] = head } }
  /// While busy nothing is taken.
  func setBusy(_ busy: Bool) { state.withLock { $0.isBusy = busy } }
  /// Notices up to `seq` can no longer be had.
  func forget(through seq: UInt64) { state.withLock { $0.forgotten = seq } }
  /// Makes the texts of notices longer by this many bytes.
  func pad(_ bytes: Int) { state.withLock { $0.padding = bytes } }

  /// What was asked and not yet answered.
  var waiting: [Ask] { state.withLock { $0.asks } }
  var everAsked: [Ask] { state.withLock { $0.everAsked } }
  func head(_ topic: Int64) -> UInt64 { state.withLock { $0.heads[TopicID(topic)] ?? 0 } }

  func notice(_ topic: TopicID, _ seq: UInt64) -> Notice {
    let padding = state.withLock { $0.padding }
    let tail = padding == 0 ? "" : " " + String(repeating: "x", count: padding)
    return Notice(seq: seq, text: Array("n \(topic.rawValue) \(seq)\(tail)".utf8))
  }

  static func summary(_ topic: TopicID, _ seq: UInt64) -> TopicSummary {
    TopicSummary(
      seq: seq, snapshot: Array("s \(topic.rawValue) \(seq)".utf8),
      before: Array("c \(topic.rawValue) ".utf8),
      after: Array(" \(seq)".utf8))
  }

  /// Adds `count` notices and publishes them as one batch.
  func publish(_ topic: Int64, _ count: Int = 1, committedAt: UInt64 = 0, to publisher: Publisher) {
    let id = TopicID(topic)
    let first = head(topic) + 1
    let head = state.withLock { state in
      state.heads[id, default: 0] += UInt64(count)
      return state.heads[id, default: 0]
    }
    guard publisher.isWatched(id) else { return }
    let notices = (first...head).map { notice(id, $0) }
    publisher.publish(
      [TopicUpdate(topic: id, notices: notices, summary: Self.summary(id, head))], committedAt: committedAt)
  }

  /// Answers what was asked, in order; at most `limit` asks.
  func pump(_ publisher: Publisher, limit: Int = .max, deliver: (History, Ticket) -> Void) {
    for ask in take(limit) {
      switch ask {
      case .open(let topic, let loop):
        let head = state.withLock { $0.heads[topic] }
        publisher.grant(topic, to: loop, at: head.map { Self.summary(topic, $0) })
      case .close(let topic, let loop): publisher.released(topic, by: loop)
      case .history(let topic, let after, let through, let ticket):
        let first = max(after, state.withLock { $0.forgotten }) + 1
        let notices = first > through ? [] : (first...through).map { notice(topic, $0) }
        deliver(History(topic: topic, notices: notices), ticket)
      }
    }
  }

  private func take(_ limit: Int) -> [Ask] {
    state.withLock { state in
      let taken = Array(state.asks.prefix(limit))
      state.asks.removeFirst(taken.count)
      return taken
    }
  }

  // MARK: TopicSource

  func open(_ topic: TopicID, for loop: LoopID) -> Bool { ask(.open(topic, loop)) }
  func close(_ topic: TopicID, for loop: LoopID) -> Bool { ask(.close(topic, loop)) }
  func history(of topic: TopicID, after: UInt64, through: UInt64, ticket: Ticket) -> Bool {
    ask(.history(topic, after: after, through: through, ticket))
  }

  private func ask(_ ask: Ask) -> Bool {
    state.withLock { state in
      guard !state.isBusy else { return false }
      state.asks.append(ask)
      state.everAsked.append(ask)
      return true
    }
  }
}
