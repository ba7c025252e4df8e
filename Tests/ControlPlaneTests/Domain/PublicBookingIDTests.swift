import TestSupport
import Testing

@testable import ControlPlane

@Suite("PublicBookingID")
struct PublicBookingIDTests {
  @Test("the text of an id is BK- and eight characters, and is read back")
  func roundTrip() throws {
    var random = SeededRandom(seed: 1)
    for _ in 0..<1000 {
      let id = try #require(PublicBookingID(code: random.next() >> 24))
      #expect(id.text.utf8.count == 11)
      #expect(id.text.hasPrefix("BK-"))
      #expect(PublicBookingID(id.text) == id)
      #expect(PublicBookingID(id.text.lowercased()) == id)
    }
  }

  @Test("letters that people mistake are read as what they meant")
  func lenientLetters() {
    #expect(PublicBookingID("BK-OIL00000") == PublicBookingID("BK-01100000"))
  }

  @Test(
    "what is no id is refused",
    arguments: [
      "", "BK", "BK-", "BK-1234567", "BK-123456789", "BK-1234567U", "bk_12345678", "XK-12345678",
      "BK-1234567 ", "BK-1234567é",
    ])
  func foreign(_ text: String) { #expect(PublicBookingID(text) == nil) }

  @Test("a code has forty bits")
  func codeBound() {
    #expect(PublicBookingID(code: 1 << 40) == nil)
    #expect(PublicBookingID(code: 1 << 40 - 1) != nil)
  }
}

@Suite("BookingIDCipher")
struct BookingIDCipherTests {
  @Test("each number has a name of its own, and the name leads back")
  func permutation() throws {
    let cipher = BookingIDCipher(key: 0x0123_4567_89AB_CDEF)
    var seen: Set<PublicBookingID> = []
    for number in [1, 2, 3, (1 << 40) - 1] + Array(stride(from: Int64(1000), to: 200_000, by: 7)) {
      let name = try #require(cipher.publicID(of: BookingID(number)))
      #expect(seen.insert(name).inserted)
      #expect(cipher.id(of: name) == BookingID(number))
    }
  }

  @Test("numbers that no booking has have no name")
  func bounds() {
    let cipher = BookingIDCipher(key: 7)
    for number: Int64 in [0, -1, 1 << 40, .max, .min] {
      #expect(cipher.publicID(of: BookingID(number)) == nil)
    }
  }

  @Test("neighbours do not look like neighbours, and another key gives other names")
  func hiding() throws {
    let (one, other) = (BookingIDCipher(key: 1), BookingIDCipher(key: 2))
    var changedBits = 0
    for number: Int64 in 1...200 {
      let code = try #require(one.publicID(of: BookingID(number))).code
      let next = try #require(one.publicID(of: BookingID(number + 1))).code
      changedBits += (code ^ next).nonzeroBitCount
      #expect(other.publicID(of: BookingID(number))?.code != code)
    }
    // Twenty of forty on average.
    #expect((3600...4400).contains(changedBits))
  }
}
