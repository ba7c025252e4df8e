// What two processes say to each other when one takes over from the other, on one channel (`HandoverChannel`), while each
// loop passes its connections on a channel of its own (FanoutCore/Handover/ConnectionBatch.swift).
//
//   new ▶ old  hello       who asks, from which folder, how many loops it has and where they wait
//   old ▶ new  welcome     who answers, and how it is set up; or `refused`
//   old ▶ new  listeners   sockets, as descriptors, perhaps in several messages
//   new ▶ old  begin       its loops wait; from version 2 on connections go ahead before the old ones stand still
//   old ▶ new  memory      what is in memory alone, in pieces; or `refused` from here on
//   old ▶ new  passed      how many connections went
//   new ▶ old  ready       how many it has; the same number
//   old ▶ new  late        what is to be done to connections that were on their way, in pieces
//   old ▶ new  yours       the data folder is let go
//   new ▶ old  serving     its loops go on with all connections; without version 2 the end of the channel
//
// Each message is fields (`FieldWriter`); the first is its kind. A version adds fields as it needs them: a reader passes over
// what it does not know unless it is essential, and then it refuses. The version changes only when this order does, or that
// of the messages between loops; the older process uses the newest that both know.
// Pure values; any thread.
import FanoutCore

enum TakeOverMessage: Equatable, Sendable {
  /// The orders of messages that this program knows.
  static let protocolVersions: ClosedRange<UInt64> = 1...2
  /// The first in which connections go ahead.
  static let aheadVersion: UInt64 = 2

  struct Hello: Equatable, Sendable {
    var versions = protocolVersions
    var program = ""
    var process: UInt64 = 0
    var folder = FolderIdentity(device: 0, number: 0)
    var loops: UInt64 = 0
    /// Connections that one table of descriptors has room for.
    var room: UInt64 = 0
    /// Whether all loops share one table.
    var sharesTable = true
    var setup = Setup()
    /// Of the paths where the loops wait.
    var base = ""
  }

  struct Welcome: Equatable, Sendable {
    var version = protocolVersions.upperBound
    var program = ""
    var process: UInt64 = 0
    var loops: UInt64 = 0
    var listeners: UInt64 = 0
    /// Whether a service manager holds the listeners, too.
    var listenersAreShared = false
    /// Open connections of each loop, the loop apart last.
    var connections: [UInt64] = []
  }

  /// What both must have in common.
  struct Setup: Equatable, Sendable {
    /// `http://127.0.0.1:3000`; with port 0, any.
    var url = ""
    /// The same of the listener apart; empty: there is none.
    var apart = ""
  }

  case hello(Hello)
  case welcome(Welcome)
  case refused(String)
  case listeners
  case begin
  case memory([UInt8])
  /// `since`: when the loops began to stand still, in nanoseconds of the machine's monotonic clock.
  case passed(UInt64, kept: UInt64, since: UInt64)
  case ready(UInt64)
  case late([LateCommand])
  case yours
  case serving
}

/// Names a folder however its path is spelled.
struct FolderIdentity: Equatable, Sendable {
  var device: UInt64
  var number: UInt64
}

extension TakeOverMessage {
  private enum Kind {
    static let hello: UInt8 = 1
    static let welcome: UInt8 = 2
    static let refused: UInt8 = 3
    static let listeners: UInt8 = 4
    static let begin: UInt8 = 5
    static let memory: UInt8 = 6
    static let passed: UInt8 = 7
    static let ready: UInt8 = 8
    static let late: UInt8 = 9
    static let yours: UInt8 = 10
    static let serving: UInt8 = 11
  }

  private enum Tag {
    static let versions: UInt8 = 20
    static let program: UInt8 = 21
    static let process: UInt8 = 22
    static let folder: UInt8 = 23
    static let loops: UInt8 = 24
    static let room: UInt8 = 25
    static let sharesTable: UInt8 = 26
    static let url: UInt8 = 27
    static let apart: UInt8 = 28
    static let base: UInt8 = 29
    static let listeners: UInt8 = 30
    static let areShared: UInt8 = 31
    static let connections: UInt8 = 32
    static let kept: UInt8 = 33
    static let withdraw: UInt8 = 34
    static let end: UInt8 = 35
    static let tell: UInt8 = 36
    static let since: UInt8 = 37
  }

  var bytes: [UInt8] {
    var writer = FieldWriter()
    switch self {
    case .hello(let hello): Self.write(hello, to: &writer)
    case .welcome(let welcome): Self.write(welcome, to: &writer)
    case .refused(let sentence): writer.add(Kind.refused, sentence)
    case .listeners: writer.add(Kind.listeners, [])
    case .begin: writer.add(Kind.begin, [])
    case .memory(let piece): writer.add(Kind.memory, piece)
    case .passed(let count, let kept, let since):
      writer.add(Kind.passed, count)
      writer.add(Tag.kept, kept)
      writer.add(Tag.since, since)
    case .ready(let count): writer.add(Kind.ready, count)
    case .late(let commands):
      writer.add(Kind.late, UInt64(commands.count))
      for command in commands { Self.write(command, to: &writer) }
    case .yours: writer.add(Kind.yours, [])
    case .serving: writer.add(Kind.serving, [])
    }
    return writer.bytes
  }

  private static func write(_ hello: Hello, to writer: inout FieldWriter) {
    writer.add(Kind.hello, [])
    writer.add(
      Tag.versions,
      FieldWriter.number(hello.versions.lowerBound) + FieldWriter.number(hello.versions.upperBound))
    writer.add(Tag.program, hello.program)
    writer.add(Tag.process, hello.process)
    writer.add(Tag.folder, FieldWriter.number(hello.folder.device) + FieldWriter.number(hello.folder.number))
    writer.add(Tag.loops, hello.loops)
    writer.add(Tag.room, hello.room)
    writer.add(Tag.sharesTable, hello.sharesTable ? 1 : 0)
    writer.add(Tag.url, hello.setup.url)
    writer.add(Tag.apart, hello.setup.apart)
    writer.add(Tag.base, hello.base)
  }

  private static func write(_ welcome: Welcome, to writer: inout FieldWriter) {
    writer.add(Kind.welcome, welcome.version)
    writer.add(Tag.program, welcome.program)
    writer.add(Tag.process, welcome.process)
    writer.add(Tag.loops, welcome.loops)
    writer.add(Tag.listeners, welcome.listeners)
    writer.add(Tag.areShared, welcome.listenersAreShared ? 1 : 0)
    writer.add(Tag.connections, welcome.connections.flatMap(FieldWriter.number))
  }

  private static func write(_ command: LateCommand, to writer: inout FieldWriter) {
    switch command {
    case .withdraw(let client, let code, let reason):
      writer.add(
        Tag.withdraw,
        FieldWriter.number(client) + FieldWriter.number(UInt64(code.rawValue)) + Array(reason.utf8))
    case .end(let credential, let moment):
      writer.add(
        Tag.end,
        FieldWriter.number(UInt64(credential.rawValue)) + FieldWriter.number(UInt64(bitPattern: moment)))
    case .tell(let client, let text): writer.add(Tag.tell, FieldWriter.number(client) + text)
    }
  }
}

// MARK: Reading

extension TakeOverMessage {
  private typealias Field = (tag: UInt8, value: ArraySlice<UInt8>)

  /// Nil: these bytes are no message of this protocol, or one that this version must not use.
  init?(_ bytes: [UInt8]) {
    var (reader, fields): (FieldReader, [Field]) = (FieldReader(bytes), [])
    guard let first = reader.next() else { return nil }
    while let field = reader.next() { fields.append(field) }
    let isKnown = fields.allSatisfy { !FieldReader.isEssential($0.tag) }
    guard reader.isAtEnd, isKnown, let message = Self.message(first, fields) else { return nil }
    self = message
  }

  private static func message(_ first: Field, _ fields: [Field]) -> TakeOverMessage? {
    switch first.tag {
    case Kind.hello: return hello(fields).map(TakeOverMessage.hello)
    case Kind.welcome: return .welcome(welcome(FieldReader.number(first.value), fields))
    case Kind.refused: return .refused(String(decoding: first.value, as: UTF8.self))
    case Kind.listeners: return .listeners
    case Kind.begin: return .begin
    case Kind.memory: return .memory(Array(first.value))
    case Kind.passed:
      func number(_ tag: UInt8) -> UInt64 {
        fields.first { $0.tag == tag }.map { FieldReader.number($0.value) } ?? 0
      }
      return .passed(FieldReader.number(first.value), kept: number(Tag.kept), since: number(Tag.since))
    case Kind.ready: return .ready(FieldReader.number(first.value))
    case Kind.late: return .late(fields.compactMap(late))
    case Kind.yours: return .yours
    case Kind.serving: return .serving
    default: return nil
    }
  }

  private static func hello(_ fields: [Field]) -> Hello? {
    var hello = Hello()
    for (tag, value) in fields {
      let (number, text) = (FieldReader.number(value), String(decoding: value, as: UTF8.self))
      switch tag {
      case Tag.versions:
        let bounds = FieldReader.numbers(value)
        guard bounds.count == 2, bounds[0] <= bounds[1] else { return nil }
        hello.versions = bounds[0]...bounds[1]
      case Tag.program: hello.program = text
      case Tag.process: hello.process = number
      case Tag.folder:
        guard case let parts = FieldReader.numbers(value), parts.count == 2 else { return nil }
        hello.folder = FolderIdentity(device: parts[0], number: parts[1])
      case Tag.loops: hello.loops = number
      case Tag.room: hello.room = number
      case Tag.sharesTable: hello.sharesTable = number != 0
      case Tag.url: hello.setup.url = text
      case Tag.apart: hello.setup.apart = text
      case Tag.base: hello.base = text
      default: break
      }
    }
    return hello
  }

  private static func welcome(_ version: UInt64, _ fields: [Field]) -> Welcome {
    var welcome = Welcome(version: version)
    for (tag, value) in fields {
      let number = FieldReader.number(value)
      switch tag {
      case Tag.program: welcome.program = String(decoding: value, as: UTF8.self)
      case Tag.process: welcome.process = number
      case Tag.loops: welcome.loops = number
      case Tag.listeners: welcome.listeners = number
      case Tag.areShared: welcome.listenersAreShared = number != 0
      case Tag.connections: welcome.connections = FieldReader.numbers(value)
      default: break
      }
    }
    return welcome
  }

  private static func late(_ field: Field) -> LateCommand? {
    let (numbers, value) = (FieldReader.numbers(field.value), field.value)
    switch field.tag {
    case Tag.withdraw where numbers.count >= 2:
      let reason = String(decoding: value.dropFirst(16), as: UTF8.self)
      return .withdraw(client: numbers[0], CloseCode(UInt16(truncatingIfNeeded: numbers[1])), reason: reason)
    case Tag.end where numbers.count >= 2:
      return .end(Credential(UInt32(truncatingIfNeeded: numbers[0])), at: Int64(bitPattern: numbers[1]))
    case Tag.tell where numbers.count >= 1: return .tell(client: numbers[0], Array(value.dropFirst(8)))
    default: return nil
    }
  }
}
