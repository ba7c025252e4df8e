// Moments as text: RFC 3339 (the profile of ISO 8601), in UTC with milliseconds, `2024-11-11T10:30:00.000Z`.
// The calendar is the proleptic Gregorian one; the years are 0000 to 9999. Pure.

enum Timestamps {
  /// 0000-01-01T00:00:00.000Z and 9999-12-31T23:59:59.999Z: what four digits of a year can say.
  static let earliest = Instant(milliseconds: -62_167_219_200_000)
  static let latest = Instant(milliseconds: 253_402_300_799_999)

  private static let millisecondsPerDay: Int64 = 86_400_000

  static func text(_ moment: Instant) -> String {
    var bytes: [UInt8] = []
    append(moment, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Appends 24 bytes. A moment outside of the range is written as the nearest one inside.
  static func append(_ moment: Instant, to bytes: inout [UInt8]) {
    let clamped = min(max(moment, earliest), latest).milliseconds
    let days = clamped.flooredQuotient(by: millisecondsPerDay)
    let time = Int(clamped - days * millisecondsPerDay)
    let date = civil(fromDays: Int(days))
    Decimal.append(date.year, width: 4, to: &bytes)
    bytes.append(UInt8(ascii: "-"))
    Decimal.append(date.month, width: 2, to: &bytes)
    bytes.append(UInt8(ascii: "-"))
    Decimal.append(date.day, width: 2, to: &bytes)
    bytes.append(UInt8(ascii: "T"))
    Decimal.append(time / 3_600_000, width: 2, to: &bytes)
    bytes.append(UInt8(ascii: ":"))
    Decimal.append(time / 60_000 % 60, width: 2, to: &bytes)
    bytes.append(UInt8(ascii: ":"))
    Decimal.append(time / 1_000 % 60, width: 2, to: &bytes)
    bytes.append(UInt8(ascii: "."))
    Decimal.append(time % 1_000, width: 3, to: &bytes)
    bytes.append(UInt8(ascii: "Z"))
  }

  // MARK: Reading

  /// The moment that `text` names (RFC 3339, section 5.6): date, `T`, time, optional fraction, `Z` or an offset.
  /// Digits of the fraction beyond the third are dropped. A leap second (`:60`) is refused.
  static func parse(_ text: String) -> Instant? {
    var reader = Reader(rest: Array(text.utf8)[...])
    guard let year = reader.number(4), reader.take("-"),
      let month = reader.number(2), (1...12).contains(month), reader.take("-"),
      let day = reader.number(2), (1...daysIn(month: month, of: year)).contains(day),
      reader.take("T") || reader.take("t"),
      let hour = reader.number(2), hour < 24, reader.take(":"),
      let minute = reader.number(2), minute < 60, reader.take(":"),
      let second = reader.number(2), second < 60,
      let fraction = reader.milliseconds(),
      let offset = reader.offsetMinutes(), reader.rest.isEmpty
    else { return nil }
    let minutes = (days(year: year, month: month, day: day) * 24 + hour) * 60 + minute - offset
    let moment = Instant(milliseconds: Int64((minutes * 60 + second) * 1_000 + fraction))
    return (earliest...latest).contains(moment) ? moment : nil
  }

  private struct Reader {
    var rest: ArraySlice<UInt8>

    mutating func take(_ character: Unicode.Scalar) -> Bool {
      guard rest.first == UInt8(ascii: character) else { return false }
      rest.removeFirst()
      return true
    }

    mutating func number(_ width: Int) -> Int? {
      guard rest.count >= width else { return nil }
      var value = 0
      for byte in rest.prefix(width) {
        let digit = byte &- UInt8(ascii: "0")
        guard digit < 10 else { return nil }
        value = value * 10 + Int(digit)
      }
      rest.removeFirst(width)
      return value
    }

    /// `.` and at least one digit, or nothing.
    mutating func milliseconds() -> Int? {
      guard take(".") else { return 0 }
      let digits = rest.prefix { $0 &- UInt8(ascii: "0") < 10 }
      guard !digits.isEmpty else { return nil }
      rest.removeFirst(digits.count)
      let padded =
        Array(digits.prefix(3)) + Array(repeating: UInt8(ascii: "0"), count: max(0, 3 - digits.count))
      return padded.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    mutating func offsetMinutes() -> Int? {
      if take("Z") || take("z") { return 0 }
      let sign = take("+") ? 1 : take("-") ? -1 : 0
      guard sign != 0, let hours = number(2), hours < 24, take(":"), let minutes = number(2), minutes < 60
      else { return nil }
      return sign * (hours * 60 + minutes)
    }
  }

  // MARK: The calendar

  /// Days since 1970-01-01. Years are counted from March, so that the leap day is the last of its year, and
  /// in eras of 400 years, which all have the same length.
  static func days(year: Int, month: Int, day: Int) -> Int {
    let shifted = month > 2 ? year : year - 1
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  /// The reverse of `days`.
  static func civil(fromDays days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  private static func daysIn(month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}

/// Moments of which several in a row are the same, as those of one commit are: the text is made once.
struct RepeatedStamp {
  private var moment: Instant?
  private var text: [UInt8] = []

  /// Appends 24 bytes.
  mutating func append(_ moment: Instant, to bytes: inout [UInt8]) {
    if self.moment != moment {
      self.moment = moment
      text.removeAll(keepingCapacity: true)
      Timestamps.append(moment, to: &text)
    }
    bytes.append(contentsOf: text)
  }
}

extension Int64 {
  /// Division that rounds down, so that moments before 1970 fall into the right day.
  fileprivate func flooredQuotient(by divisor: Int64) -> Int64 {
    self >= 0 ? self / divisor : (self + 1) / divisor - 1
  }
}

extension Instant {
  /// A moment like `2026-01-31T20:00:00Z` (RFC 3339, section 5.6); nil for anything else.
  public init?(text: String) {
    guard let moment = Timestamps.parse(text) else { return nil }
    self = moment
  }
}
