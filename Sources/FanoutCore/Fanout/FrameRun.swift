// What one batch adds to one topic, encoded once for every recipient of every loop. Immutable; its arrays are
// shared by reference between the parcels of all loops.

/// Consecutive frames of one topic in both plain dialects, with the state after the last.
struct FrameRun: Sendable {
  let topic: TopicID
  /// The `seq` of the first frame.
  let first: UInt64
  let webSocket: EncodedFrames
  let eventStream: EncodedFrames
  /// What the frames are made of, for loops that want them compressed.
  let notices: [Notice]
  let deflated = DeflatedRun()
  let summary: TopicSummary
  /// When the batch was committed, in nanoseconds of the monotonic clock; 0: not known.
  let committedAt: UInt64

  /// Encodes the notices of `updates`.
  /// - Parameter idPrefix: stands before `seq` in the ids of event streams.
  init(_ updates: TopicUpdate, idPrefix: [UInt8] = [], committedAt: UInt64 = 0) {
    self.committedAt = committedAt
    topic = updates.topic
    notices = updates.notices
    first = updates.notices.first?.seq ?? updates.summary.seq + 1
    webSocket = EncodedFrames(updates.notices, as: .webSocket)
    eventStream = EncodedFrames(updates.notices, as: .eventStream, idPrefix: idPrefix)
    summary = updates.summary
  }
}

/// Frames back to back, and where each ends.
struct EncodedFrames: Sendable, Equatable {
  private(set) var bytes: [UInt8] = []
  private(set) var ends: [Int] = []

  init(_ notices: [Notice], as dialect: Dialect, idPrefix: [UInt8] = []) {
    ends.reserveCapacity(notices.count)
    for notice in notices {
      dialect.append(notice.text, seq: notice.seq, idPrefix: idPrefix, to: &bytes)
      ends.append(bytes.count)
    }
  }

  /// Frames that `append` makes, one for each text.
  init(_ notices: ArraySlice<Notice>, append: ([UInt8], inout [UInt8]) -> Void) {
    ends.reserveCapacity(notices.count)
    for notice in notices {
      append(notice.text, &bytes)
      ends.append(bytes.count)
    }
  }
}

/// The ways in which a notice is put on a wire.
enum Dialect: UInt8, Sendable, CaseIterable {
  /// One text frame (RFC 6455, section 5.2).
  case webSocket
  /// One event with `id` and `data` (WHATWG HTML, section 9.2).
  case eventStream
  /// A text frame that is compressed by itself (RFC 7692).
  case standalone
  /// A text frame that is compressed with the notice before it for a window.
  case shared
  /// A text frame as `webSocket`, of a connection that asked for a pace: what comes between two of them is left out.
  case paced

  /// Whether frames at the head are compressed. Everything else that a subscriber of such a dialect is sent is plain.
  var isDeflated: Bool { self == .standalone || self == .shared }

  /// Appends `text` as one unit, not compressed. `idPrefix` and `seq` become the event's id; a WebSocket frame has none.
  func append(_ text: [UInt8], seq: UInt64?, idPrefix: [UInt8] = [], to bytes: inout [UInt8]) {
    switch self {
    case .webSocket, .standalone, .shared, .paced: FrameEncoder.appendText(text, to: &bytes)
    case .eventStream:
      if let seq {
        EventStreamEncoder.append(seq: seq, idPrefix: idPrefix, text: text, to: &bytes)
      } else {
        EventStreamEncoder.append(text: text, to: &bytes)
      }
    }
  }
}
