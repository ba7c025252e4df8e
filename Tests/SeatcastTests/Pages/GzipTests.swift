import Testing

@testable import seatcast

@Suite("gzip")
struct GzipTests {
  @Test("What is compressed is a gzip stream, shorter when the text repeats itself, and the same each time")
  func compresses() throws {
    let text = Array(String(repeating: "45 seats left\n", count: 1_000).utf8)
    let packed = try #require(Gzip.compress(text))
    #expect(packed.prefix(3) == [0x1f, 0x8b, 8])
    #expect(packed.count < 200)
    #expect(Gzip.compress(text) == packed)
    // The trailer has the length of what was compressed (RFC 1952, section 2.3.1).
    let length = packed.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    #expect(length == text.count)
    #expect(Gzip.compress([])?.isEmpty == false)
  }

  @Test(
    "Whoever takes gzip gets it",
    arguments: [
      "gzip", "GZip", "x-gzip", "br, gzip", "gzip;q=0.1", "gzip ; q=1.0", "*", "br;q=1, *;q=0.5",
      "identity, gzip",
      "identity;q=0.5, gzip;q=0.5", "deflate,gzip;q=1",
    ])
  func wanted(field: String) {
    #expect(Gzip.isWanted(by: [field]))
    #expect(Gzip.isWanted(by: ["br", field]))
  }

  @Test(
    "Whoever does not take it, or likes the plain bytes better, gets those",
    arguments: [
      "", "br", "gzip;q=0", "gzip;q=0.0", "*;q=0", "gzip;q=0, *", "identity;q=1, gzip;q=0.5", "gzipped",
      "gzip;q=x",
      ";", ",",
    ])
  func unwanted(field: String) { #expect(!Gzip.isWanted(by: [field])) }

  @Test("Without the field the plain bytes are sent")
  func absent() { #expect(!Gzip.isWanted(by: [])) }
}
