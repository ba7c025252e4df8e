import Testing

@testable import ControlPlane

@Suite("Base64")
struct Base64Tests {
  @Test("Encodes the vectors of RFC 4648, without padding")
  func vectors() {
    let vectors = ["": "", "f": "Zg", "fo": "Zm8", "foo": "Zm9v", "foob": "Zm9vYg", "foobar": "Zm9vYmFy"]
    for (plain, encoded) in vectors {
      #expect(Base64.encode(Array(plain.utf8), .standard) == Array(encoded.utf8))
      #expect(Base64.decode(encoded.utf8, .urlSafe) == Array(plain.utf8))
    }
  }

  @Test("The two alphabets differ in their last two characters and refuse each other's")
  func alphabets() {
    let bytes: [UInt8] = [0xFB, 0xFF, 0xBF]
    #expect(Base64.encode(bytes, .standard) == Array("+/+/".utf8))
    #expect(Base64.encode(bytes, .urlSafe) == Array("-_-_".utf8))
    #expect(Base64.decode("+/+/".utf8, .urlSafe) == nil)
    #expect(Base64.decode("-_-_".utf8, .standard) == nil)
  }

  @Test("Every byte survives the way there and back")
  func roundTrip() {
    for count in 0...64 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ count) }
      for alphabet in [Base64.Alphabet.standard, .urlSafe] {
        #expect(Base64.decode(Base64.encode(bytes, alphabet), alphabet) == bytes)
      }
    }
  }

  @Test(
    "Refuses padding, spaces, impossible lengths and stray bits",
    arguments: ["Zg==", "Zg=", "Z", "Zm9vY", "Zh", "Zm9", "Zm 9v", "Zm9v\n", "Zé"])
  func lax(text: String) {
    #expect(Base64.decode(text.utf8, .urlSafe) == nil)
  }
}
