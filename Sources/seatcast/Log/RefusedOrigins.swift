// Which origins were refused, so that each of them costs one line while the server runs. Clients choose what they send
// as `Origin`, so the table is bounded: when it is full, one more line says so and further origins are not logged.
// A value without a clock.

struct RefusedOrigins: Sendable {
  /// Origins that are logged.
  static let capacity = 256
  /// Bytes of an origin that are kept; a host name has 253 at most.
  static let longest = 300

  private var known: Set<String> = []
  private var isFull = false

  /// - Returns: the line to write, when there is one.
  mutating func add(_ origin: String) -> LogEntry? {
    let origin = String(decoding: origin.utf8.prefix(Self.longest), as: UTF8.self)
    guard !known.contains(origin) else { return nil }
    guard known.count < Self.capacity else {
      defer { isFull = true }
      return isFull ? nil : LogEntry(.warning, "more origins are refused; they are not logged")
    }
    known.insert(origin)
    return LogEntry(
      .warning, "an origin is not allowed (to allow it, name it in --origins)", ["origin": origin])
  }
}
