// What one process tells the next of an established connection, beside its descriptor: enough to go on with it as if
// nothing had happened. Moments are told as distances, because the clocks of loops begin with their process.
//
// Invariant: a record that was read is as it was written, or it is refused. A version that keeps more of a connection adds
// a field; it makes the field essential (`FieldReader`) when a connection cannot be served without it, as with compression.
// Where a window stood is not told: the first compressed notice of the next process refers to none. Pure values; any thread.

/// A connection on its way to another process.
struct ConnectionRecord: Equatable, Sendable {
  enum Kind: UInt64 {
    /// HTTP between two requests.
    case http = 0
    case webSocket = 1
    case eventStream = 2
  }

  /// A subscription: the last `seq` that was put on the wire, or where a greeting is still to begin.
  struct Interest: Equatable, Sendable {
    var topic: TopicID
    var resume: Resume
    var greeting: Subscription.Greeting
  }

  /// For whom it is counted.
  struct Counted: Equatable, Sendable {
    var isForClient = false
    var key: UInt64
  }

  var kind: Kind
  var peer: PeerAddress
  var client = ClientTag.anonymous
  var credential = Credential.none
  /// Wall clock, milliseconds since 1970; nil: never.
  var endsAt: Int64?
  var isWarned = false
  var isPrivileged = false
  /// Milliseconds since something was heard of a WebSocket, or sent to an event stream; once it is pinged, since then.
  var quiet: UInt64 = 0
  var isPinged = false
  /// What a WebSocket has agreed on.
  var compression = Compression.none
  /// How often a WebSocket wants to be sent something; a version that does not know it sends everything.
  var pace = Pace.all
  /// Milliseconds until an HTTP connection ends for want of a request.
  var patience: UInt64 = 0
  /// Whether the head of its first request has not come.
  var isNew = false
  /// Nil: the former process did not count.
  var counted: Counted?
  /// The only topics that it may subscribe to; nil: all.
  var topics: Set<TopicID>?
  /// What was read and not used, or what stands for it: the reader starts anew with these bytes.
  var input: [UInt8] = []
  /// What waits for the socket.
  var output: [UInt8] = []
  var interests: [Interest] = []
}

extension ConnectionRecord {
  private enum Tag: UInt8 {
    case kind = 1
    case peer, client, credential, endsAt, flags, quiet, patience, counted, topics, input, output, interest,
      pace
    /// Essential: whoever does not know it would refuse what the client sends compressed.
    case compression = 129
  }

  private struct Flags: OptionSet {
    let rawValue: UInt64
    static let warned = Flags(rawValue: 1)
    static let privileged = Flags(rawValue: 2)
    static let pinged = Flags(rawValue: 4)
    static let new = Flags(rawValue: 8)
  }

  /// The record as fields.
  var bytes: [UInt8] {
    var writer = FieldWriter()
    writer.add(Tag.kind.rawValue, kind.rawValue)
    writer.add(Tag.peer.rawValue, [peer.upper, peer.lower].flatMap(FieldWriter.number))
    if !client.isAnonymous { writer.add(Tag.client.rawValue, client.id) }
    if credential != .none { writer.add(Tag.credential.rawValue, UInt64(credential.rawValue)) }
    if let endsAt { writer.add(Tag.endsAt.rawValue, UInt64(bitPattern: endsAt)) }
    if flags.rawValue != 0 { writer.add(Tag.flags.rawValue, flags.rawValue) }
    writer.add(Tag.quiet.rawValue, quiet)
    if kind == .http { writer.add(Tag.patience.rawValue, patience) }
    if let counted {
      writer.add(Tag.counted.rawValue, [counted.isForClient ? 1 : 0] + FieldWriter.number(counted.key))
    }
    if let topics {
      writer.add(Tag.topics.rawValue, topics.flatMap { FieldWriter.number(UInt64(bitPattern: $0.rawValue)) })
    }
    if compression != .none { writer.add(Tag.compression.rawValue, UInt64(compression.rawValue)) }
    if pace != .all { writer.add(Tag.pace.rawValue, UInt64(pace.perSecond)) }
    if !input.isEmpty { writer.add(Tag.input.rawValue, input) }
    if !output.isEmpty { writer.add(Tag.output.rawValue, output) }
    for interest in interests { writer.add(Tag.interest.rawValue, interest.bytes) }
    return writer.bytes
  }

  private var flags: Flags {
    var flags: Flags = []
    if isWarned { flags.insert(.warned) }
    if isPrivileged { flags.insert(.privileged) }
    if isPinged { flags.insert(.pinged) }
    if isNew { flags.insert(.new) }
    return flags
  }

  /// Nil: these are no record, or one that this version must not use.
  init?(_ bytes: [UInt8]) {
    var reader = FieldReader(bytes)
    guard let first = reader.next(), first.tag == Tag.kind.rawValue,
      let kind = Kind(rawValue: FieldReader.number(first.value))
    else { return nil }
    self.init(kind: kind, peer: PeerAddress(upper: 0, lower: 0))
    while let (tag, value) = reader.next() {
      if let tag = Tag(rawValue: tag) {
        guard take(tag, value) else { return nil }
      } else if FieldReader.isEssential(tag) {
        return nil
      }
    }
    guard reader.isAtEnd else { return nil }
  }

  /// False: this is no value of the field.
  private mutating func take(_ tag: Tag, _ value: ArraySlice<UInt8>) -> Bool {
    let number = FieldReader.number(value)
    switch tag {
    case .kind: return false
    case .peer:
      guard value.count == 16 else { return false }
      let halves = FieldReader.numbers(value)
      peer = PeerAddress(upper: halves[0], lower: halves[1])
    case .client: client = ClientTag(id: number)
    case .credential: credential = Credential(UInt32(truncatingIfNeeded: number))
    case .endsAt: endsAt = Int64(bitPattern: number)
    case .flags: take(Flags(rawValue: number))
    case .quiet: quiet = number
    case .patience: patience = number
    case .counted:
      guard value.count == 9 else { return false }
      counted = Counted(isForClient: value.first == 1, key: FieldReader.number(value.dropFirst()))
    case .topics: topics = Set(FieldReader.numbers(value).map { TopicID(Int64(bitPattern: $0)) })
    case .compression:
      guard let agreed = Compression(rawValue: UInt8(truncatingIfNeeded: number)) else { return false }
      compression = agreed
    case .pace:
      guard let asked = Int(exactly: number).flatMap({ Pace($0) }) else { return false }
      pace = asked
    case .input: input = Array(value)
    case .output: output = Array(value)
    case .interest:
      guard let interest = Interest(value) else { return false }
      interests.append(interest)
    }
    return true
  }

  private mutating func take(_ flags: Flags) {
    isWarned = flags.contains(.warned)
    isPrivileged = flags.contains(.privileged)
    isPinged = flags.contains(.pinged)
    isNew = flags.contains(.new)
  }
}

extension ConnectionRecord.Interest {
  /// The topic, the kind of resume, its `seq`, and the greeting.
  fileprivate var bytes: [UInt8] {
    let (kind, seq): (UInt8, UInt64) =
      switch resume {
      case .none: (0, 0)
      case .after(let seq): (1, seq)
      case .impossible: (2, 0)
      }
    let greeting: UInt8 =
      switch greeting {
      case .given: 0
      case .connected: 1
      case .subscribed: 2
      }
    return FieldWriter.number(UInt64(bitPattern: topic.rawValue)) + [kind]
      + FieldWriter.number(seq) + [greeting]
  }

  fileprivate init?(_ value: ArraySlice<UInt8>) {
    let bytes = Array(value)
    guard bytes.count == 18 else { return nil }
    topic = TopicID(Int64(bitPattern: FieldReader.number(bytes[0..<8])))
    switch bytes[8] {
    case 0: resume = .none
    case 1: resume = .after(FieldReader.number(bytes[9..<17]))
    case 2: resume = .impossible
    default: return nil
    }
    switch bytes[17] {
    case 0: greeting = .given
    case 1: greeting = .connected
    case 2: greeting = .subscribed
    default: return nil
    }
  }
}
