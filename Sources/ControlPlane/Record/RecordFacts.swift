// What a database has once and every entry of its record needs. A value; any thread.

struct RecordFacts: Sendable {
  /// Names the record; never changes, in copies of the database either.
  let record: String
  let epoch: String
  let cipher: BookingIDCipher
  /// Of `RecordPseudonyms`.
  let userKey: [UInt8]

  /// From the table `meta`, whatever the database. Nil: it lacks something, or something is no value that it can have.
  init?(epoch: String?, record: String?, bookingKey: String?, userKey: String?) {
    guard let epoch, let record, let bookingKey = bookingKey.flatMap({ UInt64($0, radix: 16) }),
      let userKey = userKey.flatMap({ bytes(hex: $0) }), userKey.count == RecordPseudonyms.keyBytes
    else { return nil }
    self.epoch = epoch
    self.record = record
    cipher = BookingIDCipher(key: bookingKey)
    self.userKey = userKey
  }

  /// The names in the table `meta`.
  static let epochName = "epoch"
  static let bookingKeyName = "booking_key"
  static let recordName = "record_id"
  static let userKeyName = "record_user_key"
  /// Where the feed stood when a database that had none got its record.
  static let feedStartName = "record_feed_start"
}
