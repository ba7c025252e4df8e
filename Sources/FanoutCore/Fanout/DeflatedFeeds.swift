// A topic's compressed feeds on one loop (docs/decisions/0036). Frames of the *standalone* feed refer to nothing but
// themselves. Frame n of the *shared* feed refers to the text of notice n−1, which its receiver has at the end of its
// window when notice n−1 was its last compressed message (RFC 7692, section 7.2.3.2).
//
// Invariants:
// - A subscription stands in the shared feed only while the last compressed message on its connection is that of its cursor.
//   So its connection has no other subscription, and every frame of both logs is compressed, be it smaller or not.
// - Everything else that a connection is sent (greetings, answers, what was missed, one message for many) is plain, and so
//   never touches the window. Who was sent a notice plain goes back to the standalone feed.
//
// One loop's thread.

/// What a topic has for subscribers whose connections agreed on compression.
final class DeflatedFeeds {
  var standalone: Feed
  var shared: Feed
  /// The text of the notice at the head; of no bytes: not known.
  private var lastText: [UInt8] = []

  init(head: UInt64, limits: Limits) {
    standalone = Feed(dialect: .standalone, head: head, limits: limits)
    shared = Feed(dialect: .shared, head: head, limits: limits)
    standalone.beginReading()
    shared.beginReading()
  }

  var isBehind: Bool { standalone.isBehind || shared.isBehind }
  var logBytes: Int { standalone.log.bytes.count + shared.log.bytes.count }

  /// Who reads: frames are made for those only.
  struct Readers {
    var standalone: Bool
    var shared: Bool
  }

  /// Takes in what one batch added.
  /// - Parameter follows: the run begins where the logs end.
  func append(
    _ run: FrameRun, follows: Bool, for readers: Readers, room: LogRoom, by compressor: Compressor,
    _ counters: LoopCounters
  ) {
    guard let last = run.notices.last else { return }
    // What a log cannot keep is not compressed for it.
    let notices = run.notices.suffix(room.frames)
    let first = notices.first?.seq ?? last.seq
    if readers.standalone {
      let frames = run.deflated.standalone(notices, compressor, counters)
      standalone.append(frames, first: first, room: room, committedAt: run.committedAt)
    } else {
      standalone.skip(to: last.seq)
    }
    if readers.shared {
      let skipped = run.notices.dropLast(notices.count).last?.text
      let previous = skipped ?? (follows ? lastText : [])
      let frames = run.deflated.shared(notices, after: previous, compressor, counters)
      shared.append(frames, first: first, room: room, committedAt: run.committedAt)
    } else {
      shared.skip(to: last.seq)
    }
    lastText = last.text
  }

  // MARK: From one feed to the other

  /// A cohort of the standalone feed was brought to the head by its frames: of its members, those that keep a window go on
  /// in the shared feed.
  /// - Parameter isOnly: whether the connection at a slot has no other subscription.
  /// - Returns: how many went on.
  func promote(
    _ number: Int, in subscriptions: inout Subscriptions, isOnly: (UInt32) -> Bool
  ) -> Int {
    guard standalone.cohorts[number].hasCandidates else { return 0 }
    assert(standalone.cohorts[number].cursor == shared.log.head, "a cohort goes on at the head")
    standalone.noteCandidates(false, in: number)
    // The last ones first: when they leave, nobody has to move who was not looked at.
    return move(number, from: &standalone, to: &shared, in: &subscriptions) {
      $0.keepsWindow && isOnly($0.slot)
    }
  }

  /// A cohort of the shared feed was sent a plain message: its members have lost the window.
  /// - Returns: how many they were.
  func demote(_ number: Int, in subscriptions: inout Subscriptions) -> Int {
    move(number, from: &shared, to: &standalone, in: &subscriptions) { _ in true }
  }

  private func move(
    _ number: Int, from old: inout Feed, to new: inout Feed, in subscriptions: inout Subscriptions,
    where isMoved: (Subscription) -> Bool
  ) -> Int {
    var (position, moved) = (old.cohorts[number].count, 0)
    while position > 0 {
      position -= 1
      let member = old.cohorts[number].members[position]
      guard isMoved(subscriptions[member.rawValue]) else { continue }
      let descriptor = old.cohorts[number].descriptors[position]
      let sentAt = old.cohorts[number].sentAt
      _ = old.leave(UInt32(number), position: UInt32(position), in: &subscriptions)
      subscriptions[member.rawValue].dialect = new.dialect
      new.join(member, descriptor: descriptor, in: &subscriptions, sentAt: sentAt)
      moved += 1
    }
    return moved
  }
}
