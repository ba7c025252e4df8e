// What has happened to a connection since its record was sent ahead, when that is little: of most, only how long it has been
// quiet and how far its topics were sent. 100,000 of these are written and read while nobody is served, so they are packed,
// each behind the one before it, with their lowest bytes first. Pure values; any thread.
//
//   number 4, flags and count 1, quiet 8, then 8 for the `seq` of each interest
//
// Invariant: a change makes of the record that was sent ahead the one that would be sent now.

/// The difference between a record that was sent ahead and the connection as it is.
struct ConnectionChange: Equatable, Sendable {
  /// Which of the records sent ahead, from 0 in the order in which they were sent.
  var number: Int
  /// As in `ConnectionRecord`.
  var quiet: UInt64
  var isPinged: Bool
  /// The last `seq` on the wire of each of the record's interests, all of which were greeted.
  var cursors: [UInt64]

  /// Interests of a connection at most; one with more is sent as a whole.
  static let mostCursors = 64
  private static let pinged: UInt8 = 128
  private static let head = 13

  /// What makes `current` of `former`; nil: it is more than a change tells.
  /// - Parameter current: is as it was afterwards; it is not copied, because there are so many.
  init?(_ number: Int, from former: ConnectionRecord, to current: inout ConnectionRecord) {
    guard current.interests.count == former.interests.count, current.interests.count <= Self.mostCursors
    else {
      return nil
    }
    var cursors: [UInt64] = []
    cursors.reserveCapacity(current.interests.count)
    for (index, interest) in current.interests.enumerated() {
      guard interest.topic == former.interests[index].topic else { return nil }
      guard case .after(let cursor) = interest.resume, interest.greeting == .given else { return nil }
      cursors.append(cursor)
    }
    self.init(number: number, quiet: current.quiet, isPinged: current.isPinged, cursors: cursors)
    let interests = current.interests
    defer { (current.quiet, current.isPinged, current.interests) = (quiet, isPinged, interests) }
    (current.quiet, current.isPinged, current.interests) = (former.quiet, former.isPinged, former.interests)
    guard current == former else { return nil }
  }

  init(number: Int, quiet: UInt64, isPinged: Bool, cursors: [UInt64]) {
    (self.number, self.quiet, self.isPinged, self.cursors) = (number, quiet, isPinged, cursors)
  }

  /// Makes the record that was sent ahead what it is now. False: it is the change of another.
  func apply(to record: inout ConnectionRecord) -> Bool {
    guard cursors.count == record.interests.count else { return false }
    (record.quiet, record.isPinged) = (quiet, isPinged)
    for index in cursors.indices {
      record.interests[index].resume = .after(cursors[index])
      record.interests[index].greeting = .given
    }
    return true
  }

  // MARK: Packed

  func append(to bytes: inout [UInt8]) {
    Self.append(UInt64(number), 4, to: &bytes)
    bytes.append(UInt8(cursors.count) | (isPinged ? Self.pinged : 0))
    Self.append(quiet, 8, to: &bytes)
    for cursor in cursors { Self.append(cursor, 8, to: &bytes) }
  }

  private static func append(_ number: UInt64, _ count: Int, to bytes: inout [UInt8]) {
    for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * index))) }
  }

  /// Gives out the changes in these bytes, until `take` returns false. False: that, or these are no changes.
  static func read(_ bytes: ArraySlice<UInt8>, _ take: (ConnectionChange) -> Bool) -> Bool {
    var rest = bytes
    while rest.count >= head {
      let start = rest.startIndex
      let count = Int(rest[start + 4] & ~pinged)
      guard count <= mostCursors, rest.count >= head + 8 * count else { return false }
      var change = ConnectionChange(
        number: Int(FieldReader.number(rest[start..<start + 4])),
        quiet: FieldReader.number(rest[start + 5..<start + head]), isPinged: rest[start + 4] & pinged != 0,
        cursors: [])
      for index in 0..<count {
        let place = start + head + 8 * index
        change.cursors.append(FieldReader.number(rest[place..<place + 8]))
      }
      guard take(change) else { return false }
      rest = rest[(start + head + 8 * count)...]
    }
    return rest.isEmpty
  }
}
