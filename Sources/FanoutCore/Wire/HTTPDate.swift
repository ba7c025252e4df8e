/// Dates as HTTP writes them (RFC 9110, section 5.6.7), without a calendar library: the civil date follows
/// from the day number by counting in eras of 400 years, which all have 146,097 days.
public enum HTTPDate {
  /// IMF-fixdate, e.g. `Sun, 06 Nov 1994 08:49:37 GMT`: always 29 bytes.
  /// - Parameter secondsSince1970: clamped to the years 1970 to 9999.
  public static func bytes(secondsSince1970: Int64) -> [UInt8] {
    let seconds = Int(min(max(secondsSince1970, 0), 253_402_300_799))
    let (days, second) = seconds.quotientAndRemainder(dividingBy: 86_400)
    let (year, month, day) = civilDate(daysSince1970: days)
    var text: [UInt8] = []
    text.reserveCapacity(29)
    text.append(utf8: weekdays[days % 7])
    text.append(utf8: ", ")
    text.appendTwoDigits(day)
    text.append(utf8: months[month - 1])
    text.appendTwoDigits(year / 100)
    text.appendTwoDigits(year % 100)
    text.append(HTTPByte.space)
    text.appendTwoDigits(second / 3_600)
    text.append(UInt8(ascii: ":"))
    text.appendTwoDigits(second / 60 % 60)
    text.append(UInt8(ascii: ":"))
    text.appendTwoDigits(second % 60)
    text.append(utf8: " GMT")
    return text
  }

  /// From 1 January 1970, a Thursday.
  private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
  private static let months = [
    " Jan ", " Feb ", " Mar ", " Apr ", " May ", " Jun ", " Jul ", " Aug ", " Sep ", " Oct ", " Nov ",
    " Dec ",
  ]

  /// Years begin on 1 March here, so that the leap day is a year's last day; month 0 is March.
  private static func civilDate(daysSince1970 days: Int) -> (year: Int, month: Int, day: Int) {
    let (era, dayOfEra) = (days + 719_468).quotientAndRemainder(dividingBy: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day)
  }
}
