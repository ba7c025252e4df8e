import Testing

@testable import ControlPlane

@Suite("JSON document")
struct JSONDocumentTests {
  private func scan(_ text: String) throws(JSONRefusal) -> JSONDocument {
    try StrictJSON.scan(Array(text.utf8))
  }

  @Test("Members of the outermost object are found wherever they stand and however they are spelled")
  func members() throws {
    let document = try scan(#"{"a":{"c":1,"b":[{"d":2}]},"\u0062":[1,[2,{"c":3}]],"é":true,"c":"x"}"#)
    #expect(document.isObject)
    #expect(document.memberNames() == ["a", "b", "é", "c"])
    #expect(document.member("c").flatMap { document.text($0) } == "x")
    #expect(document.member("é").flatMap { document.bool($0) } == true)
    #expect(
      document.member("b").map { document.value($0) }
        == .array([.integer(1), .array([.integer(2), .object(["c": .integer(3)])])]))
    #expect(document.member("d") == nil && document.member("") == nil)
  }

  @Test("A value is read as what it is, and as nothing else")
  func kinds() throws {
    let document = try scan(#"[null,false,-12,7.0,1.5,"t\n",[],{}]"#)
    var values: [Int] = []
    var index = 1
    while index < document.nodes.count {
      values.append(index)
      index = Int(document.nodes[index].next)
    }
    #expect(
      values.map(document.kind)
        == ["null", "a boolean", "a number", "a number", "a number", "a string", "an array", "an object"])
    #expect(values.map(document.isNull) == [true] + Array(repeating: false, count: 7))
    #expect(values.map(document.bool) == [nil, false, nil, nil, nil, nil, nil, nil])
    #expect(values.map(document.whole) == [nil, nil, -12, 7, nil, nil, nil, nil])
    #expect(values.map(document.text) == [nil, nil, nil, nil, nil, "t\n", nil, nil])
    #expect(!document.isObject)
  }

  @Test("Whole numbers are read exactly up to the bounds of 64 bits")
  func integers() {
    for number in [0, 1, -1, .max, .min, 123_456_789_012_345_678] as [Int64] {
      #expect(JSONDocument.integer(Array("\(number)".utf8)[...]) == number)
    }
    #expect(JSONDocument.integer(Array("9223372036854775808".utf8)[...]) == nil)
    #expect(JSONDocument.integer(Array("-9223372036854775809".utf8)[...]) == nil)
  }

  @Test("Escapes become what they stand for")
  func escapes() {
    let content = Array(#"\"\\\/\b\f\n\r\t\u00e9\u20AC\uD83D\uDE00."#.utf8)
    #expect(String(decoding: JSONEscapes.decoded(content[...]), as: UTF8.self) == "\"\\/\u{8}\u{C}\n\r\té€😀.")
  }

  @Test("More members than are compared one by one still stand once each", arguments: [8, 9, 10, 40])
  func manyNames(count: Int) throws {
    let members = (0..<count).map { "\"m\($0)\":[{\"m0\":\($0)}]" }
    #expect(try scan("{\(members.joined(separator: ","))}").memberNames().count == count)
    for name in ["m0", "m\(count - 1)", "\\u006d\(count / 2)"] {
      #expect(throws: JSONRefusal.self) {
        try scan("{\((members + ["\"\(name)\":0"]).joined(separator: ","))}")
      }
    }
  }
}
