import Testing

@testable import FanoutCore

@Suite struct FieldsTests {
  @Test("FieldReader gives out what FieldWriter wrote, in order")
  func roundTrip() {
    var writer = FieldWriter()
    writer.add(3, "text")
    writer.add(200, [])
    writer.add(4, 0x0102_0304_0506_0708)
    var reader = FieldReader(writer.bytes)
    let (first, second, third) = (reader.next(), reader.next(), reader.next())
    #expect(first?.tag == 3)
    #expect(first.map { Array($0.value) } == Array("text".utf8))
    #expect(second?.tag == 200)
    #expect(second?.value.isEmpty == true)
    #expect(third.map { FieldReader.number($0.value) } == 0x0102_0304_0506_0708)
    #expect(reader.next() == nil)
    #expect(reader.isAtEnd)
  }

  @Test("a record that was cut anywhere is seen as broken")
  func cut() {
    var writer = FieldWriter()
    writer.add(1, "abc")
    for count in 1..<writer.bytes.count {
      var reader = FieldReader(Array(writer.bytes.prefix(count)))
      #expect(reader.next() == nil)
      #expect(!reader.isAtEnd)
    }
  }

  @Test("several numbers stand in one value, and what is left of it is no number")
  func numbers() {
    let value = FieldWriter.number(1) + FieldWriter.number(0x0102_0304_0506_0708) + [7]
    #expect(FieldReader.numbers(value[...]) == [1, 0x0102_0304_0506_0708])
    #expect(FieldReader.numbers(value[16...]) == [])
  }

  @Test("tags of 128 and above are essential")
  func essential() {
    #expect(!FieldReader.isEssential(127))
    #expect(FieldReader.isEssential(128))
  }
}
