// The fuzz targets of the control plane (script/fuzz). They are one program, because the plane takes long to compile with a
// sanitizer: the variable SEATCAST_FUZZ_TARGET names the target.
import Glibc

private let target: @Sendable ([UInt8]) -> Void = {
  let name = unsafe getenv("SEATCAST_FUZZ_TARGET").map { unsafe String(cString: $0) } ?? ""
  switch name {
  case "json": return fuzzJSON
  case "tokens": return fuzzTokens
  case "queries": return fuzzQueries
  case "requests": return fuzzRequests
  case "database": return fuzzDatabase
  default: fatalError("SEATCAST_FUZZ_TARGET names no target of the control plane: '\(name)'")
  }
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  target(unsafe [UInt8](UnsafeBufferPointer(start: start, count: count)))
  return 0
}

/// The input of a target, taken from the front.
struct Input {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  var isEmpty: Bool { rest.isEmpty }
  mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }
  mutating func number(bytes: Int) -> Int { (0..<bytes).reduce(0) { sum, _ in sum << 8 | Int(byte()) } }

  mutating func take(_ count: Int) -> [UInt8] {
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }

  /// Up to the next such byte, which is dropped.
  mutating func take(until end: UInt8) -> [UInt8] {
    let part = rest.prefix { $0 != end }
    rest = rest.dropFirst(part.count + 1)
    return Array(part)
  }

  mutating func all() -> [UInt8] { take(rest.count) }
}

// MARK: - What the plane asks for

/// Nothing that differs from run to run, so that a crash repeats itself.
final class FixedSource: IdentifierSource {
  private let state = Monitor<UInt64>(1)

  func randomBytes(_ count: Int) -> [UInt8] {
    state.withLock { state in
      (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 33)
      }
    }
  }
}

struct FixedClock: Clock {
  var now: Instant { Instant(milliseconds: 1_731_321_000_000) }
}

/// Watches every event, drops what is announced, and keeps the answers.
final class Surroundings: NoticeSink, ReplySink, ControlObserver {
  private let answers = Monitor<[Reply]>([])

  func takeAnswers() -> [Reply] {
    answers.withLock { answers in
      defer { answers = [] }
      return answers
    }
  }

  func deliver(_ replies: [(ticket: ReplyTicket, reply: Reply)]) {
    answers.withLock { $0 += replies.map(\.reply) }
  }

  func observe(_ incident: ControlIncident) {}
  func isWatched(_ event: EventID, by audience: Audience) -> Bool { true }
  func announce(_ batch: [EventUpdate], committedAt: UInt64) {}
  func grant(_ event: EventID, to watcher: Watcher, at summary: EventSummary?) {}
  func released(_ event: EventID, by watcher: Watcher) {}
  func withdraw(_ event: EventID) {}
  func withdraw(client: UInt64) {}
  func end(key: UInt32, at moment: Instant) {}
  func tell(client: UInt64, _ text: [UInt8]) {}
  func history(
    _ notices: [EncodedNotice], of event: EventID, for audience: Audience, ticket: ReplyTicket
  ) {}
}

/// A folder in memory that is removed when the process ends in order.
let fuzzFolder: String = {
  let path = "/dev/shm/seatcast-fuzz-\(getpid())"
  require(unsafe mkdir(path, 0o700) == 0, "no folder in memory")
  atexit {
    for name in [
      "seatcast.db", "seatcast.db-wal", "seatcast.db-shm", "seatcast.lock", "jwt-secret", "record-key",
    ] {
      unsafe unlink(fuzzFolder + "/" + name)
    }
    unsafe rmdir(fuzzFolder)
  }
  return path
}()

let fuzzSecret = Array("a secret of more than thirty-two bytes".utf8)

func fuzzConfiguration() -> Backend.Configuration {
  var configuration = Backend.Configuration(dataFolder: fuzzFolder)
  configuration.secret = fuzzSecret
  configuration.passwordCost = .insecureTest
  configuration.workers = 1
  return configuration
}

func open(_ surroundings: Surroundings) throws(StartFailure) -> Backend {
  try Backend.open(
    fuzzConfiguration(), notices: surroundings, replies: surroundings, observer: surroundings,
    clock: FixedClock(), identifiers: FixedSource(), threads: .inline)
}

/// A token of the other system's user with this number, or of an administrator whom it names.
func fuzzToken(_ backend: Backend, _ subject: UInt64, _ role: Role = .user) -> String {
  let user = User(
    id: UserID(0), subject: Subject(subject), email: "u@example.org", name: "U", role: role,
    createdAt: FixedClock().now)
  return backend.tokens.issue(to: user).text
}

/// Asks, and returns the one answer.
func ask(
  _ backend: Backend, _ surroundings: Surroundings, _ method: [UInt8], _ target: [UInt8],
  _ fields: [(name: [UInt8], value: [UInt8])], _ body: [UInt8]
) -> Reply? {
  var bytes = method + [0x20]
  let methodRange = 0..<method.count
  let (start, path) = (bytes.count, target.prefix { $0 != UInt8(ascii: "?") })
  bytes += target
  let pathRange = start..<start + path.count
  let query = path.count < target.count ? start + path.count + 1..<start + target.count : nil
  var ranges: [Range<Int>] = []
  for field in fields {
    for part in [field.name, field.value] {
      ranges.append(bytes.count..<bytes.count + part.count)
      bytes += part
    }
  }
  let request = Request(
    bytes: bytes, method: methodRange, path: pathRange, query: query, fields: ranges, body: body,
    client: ClientAddress(upper: 0, lower: 1), ticket: ReplyTicket(high: 0, low: 0))
  guard backend.offer([request]) == 1 else { return nil }
  while backend.pump() {}
  let answers = surroundings.takeAnswers()
  require(answers.count <= 1, "a request is answered once")
  return answers.first
}
