import Testing

@testable import ControlPlane

@Suite("RecordEntryWriter")
struct RecordEntryWriterTests {
  @Test("An entry has one spelling, and the buffer is used again")
  func spelling() throws {
    var writer = RecordEntryWriter()
    writer.begin(7, "booked")
    writer.number("event", -1)
    writer.string("name", "A \"Ü\"\n")
    writer.booking(try #require(PublicBookingID("BK-00000012")))
    writer.plain("user", Array("abc".utf8))
    writer.types([])
    writer.types([.init(id: 1, available: 20), .init(id: 2, available: 0)])
    writer.end()
    #expect(
      String(decoding: writer.bytes, as: UTF8.self)
        == #"{"n":7,"kind":"booked","event":-1,"name":"A \"Ü\"\n","booking":"BK-00000012","user":"abc","types":[[1,20],[2,0]]}"#
    )
    writer.literal(8, #""kind":"live","at":1}"#)
    #expect(String(decoding: writer.bytes, as: UTF8.self) == #"{"n":8,"kind":"live","at":1}"#)
  }

  @Test("Entries about the record itself lack only their number")
  func literals() throws {
    let (key, at) = (RecordKey.make().publicKey, Instant(milliseconds: 5))
    let base64 = key.base64
    #expect(
      RecordLiterals.begin("r", epoch: "e", key: key, hasEarlier: true, at: at)
        == .literal(#""kind":"begin","record":"r","epoch":"e","key":"\#(base64)","earlier":true,"at":5}"#))
    #expect(RecordLiterals.live(at: at) == .literal(#""kind":"live","at":5}"#))
    #expect(
      RecordLiterals.epoch("f", after: "e", at: at)
        == .literal(#""kind":"epoch","epoch":"f","was":"e","at":5}"#))
    #expect(
      RecordLiterals.key(key, signature: nil, at: at)
        == .literal(#""kind":"key","key":"\#(base64)","signature":null,"at":5}"#))
    #expect(
      RecordLiterals.key(key, signature: [1, 2], at: at)
        == .literal(#""kind":"key","key":"\#(base64)","signature":"AQI=","at":5}"#))
  }
}
