import Testing

@testable import FanoutCore

@Suite("HTTP date")
struct HTTPDateTests {
  @Test(
    "A moment is written as IMF-fixdate",
    arguments: [
      (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
      (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
      (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"), (1_731_321_000, "Mon, 11 Nov 2024 10:30:00 GMT"),
      (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"), (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
      (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ])
  func moment(seconds: Int64, date: String) {
    #expect(text(HTTPDate.bytes(secondsSince1970: seconds)) == date)
  }

  @Test("A moment outside of the years 1970 to 9999 is clamped")
  func clamped() {
    #expect(HTTPDate.bytes(secondsSince1970: -1) == HTTPDate.bytes(secondsSince1970: 0))
    #expect(HTTPDate.bytes(secondsSince1970: .max) == HTTPDate.bytes(secondsSince1970: 253_402_300_799))
  }

  @Test("Each day of four centuries follows its predecessor")
  func days() {
    let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    var (year, month, day) = (1970, 0, 1)
    for number in 0..<146_097 {
      let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
      // Formatting is slow in debug builds: only around the ends of months.
      if day == 1 || day >= 28 {
        let date = text(HTTPDate.bytes(secondsSince1970: Int64(number) * 86_400))
        let two = day < 10 ? "0\(day)" : "\(day)"
        guard date.hasSuffix(", \(two) \(names[month]) \(year) 00:00:00 GMT") else {
          Issue.record("day \(number) is \(date), not \(two) \(names[month]) \(year)")
          return
        }
      }
      day += 1
      if day > lengths[month] + (month == 1 && isLeap ? 1 : 0) { (month, day) = (month + 1, 1) }
      if month == 12 { (year, month) = (year + 1, 0) }
    }
  }
}
