import Testing

@testable import ControlPlane

@Suite("StrictJSON")
struct StrictJSONTests {
  private func parse(_ text: String) throws(JSONRefusal) -> JSONValue {
    try StrictJSON.parse(Array(text.utf8))
  }

  @Test("Reads every kind of value")
  func values() throws {
    #expect(try parse(" null ") == .null)
    #expect(try parse("true") == .bool(true))
    #expect(try parse("\t\r\nfalse\n") == .bool(false))
    #expect(try parse("\"\"") == .string(""))
    #expect(try parse("[]") == .array([]))
    #expect(try parse("{}") == .object([:]))
    #expect(
      try parse("[1, [2], {\"a\" : null}]")
        == .array([.integer(1), .array([.integer(2)]), .object(["a": .null])]))
  }

  @Test("Reads numbers exactly where they are whole and fit")
  func numbers() throws {
    #expect(try parse("0") == .integer(0))
    #expect(try parse("-0") == .integer(0))
    #expect(try parse("9223372036854775807") == .integer(.max))
    #expect(try parse("-9223372036854775808") == .integer(.min))
    #expect(try parse("9223372036854775808") == .number(9223372036854775808))
    #expect(try parse("1.5") == .number(1.5))
    #expect(try parse("1e3") == .number(1000))
    #expect(try parse("-1.25E-2") == .number(-0.0125))
    #expect(try parse("1E+2") == .number(100))
    #expect(try parse("1e-400") == .number(0))
  }

  @Test("Reads escapes and pairs of surrogates")
  func strings() throws {
    #expect(try parse(#""\"\\\/\b\f\n\r\t""#) == .string("\"\\/\u{8}\u{C}\n\r\t"))
    #expect(try parse(#""a\u00e9\u20AC\uD83D\uDE00z""#) == .string("aé€😀z"))
    #expect(try parse(#""é€😀""#) == .string("é€😀"))
    #expect(try parse(#""\u0000""#) == .string("\u{0}"))
  }

  @Test(
    "Refuses what is nearly JSON",
    arguments: [
      "", " ", "nul", "nulll", "True", "NaN", "Infinity", "-", "+1", "01", "-01", "1.", ".5", "1e", "1e+",
      "0x1",
      "1 2", "[1,]", "[,1]", "[1 2]", "[", "]", "{", "}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}",
      "{'a':1}",
      "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{1:2}", "\"", "\"a", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12G4\"",
      "\"\\uD800\"", "\"\\uDC00\"", "\"\\uD800\\u0041\"", "\"\\uD800x\"", "\"\\uD83D\\uD83D\"", "\"\u{1}\"",
      "\"\n\"",
      "\"\t\"", "/* */1", "1//", "\u{FEFF}1", "[1]]", "{}{}", "1e999", "-1e999", "\u{A0}1", "tru\"e\"",
    ])
  func refuses(text: String) {
    #expect(throws: JSONRefusal.self) { try parse(text) }
  }

  @Test("Refuses bytes that are not UTF-8, inside and outside of strings")
  func utf8() {
    for bytes: [UInt8] in [
      [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], [0x80],
    ] {
      #expect(throws: JSONRefusal.self) { try StrictJSON.parse([0x22] + bytes + [0x22]) }
      #expect(throws: JSONRefusal.self) { try StrictJSON.parse(bytes) }
    }
  }

  @Test("A member that stands twice is refused however it is spelled")
  func duplicates() {
    for text in [#"{"a":1,"a":1}"#, #"{"a":1,"b":2,"a":3}"#, #"{"a":1,"\u0061":2}"#, #"[{"x":{"":0,"":0}}]"#]
    {
      let refusal = #expect(throws: JSONRefusal.self) { try parse(text) }
      if case .duplicate = refusal?.reason {} else { Issue.record("\(text): \(String(describing: refusal))") }
    }
    #expect(throws: Never.self) { try parse(#"[{"a":1},{"a":1}]"#) }
  }

  @Test("Nests sixteen deep and no deeper")
  func depth() {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(throws: Never.self) { try parse(nested(16)) }
    #expect(throws: JSONRefusal(reason: .tooDeep, offset: 16)) { try parse(nested(17)) }
    #expect(throws: JSONRefusal.self) { try parse(String(repeating: "{\"a\":", count: 50_000)) }
    #expect(throws: JSONRefusal.self) { try parse(String(repeating: "[", count: 50_000)) }
  }

  @Test("Says at which byte the document stopped being JSON")
  func offsets() {
    #expect(throws: JSONRefusal(reason: .trailing, offset: 3)) { try parse("{} x") }
    #expect(throws: JSONRefusal(reason: .endsTooSoon, offset: 4)) { try parse("[1, ") }
    #expect(throws: JSONRefusal(reason: .unexpected(expected: "a colon"), offset: 5)) {
      try parse(#"{"a" 1}"#)
    }
    #expect(throws: JSONRefusal(reason: .duplicate("a"), offset: 7)) { try parse(#"{"a":1,"a":2}"#) }
    #expect(throws: JSONRefusal(reason: .numberOutOfRange, offset: 1)) { try parse("[1e999]") }
    let refusal = #expect(throws: JSONRefusal.self) { try parse("[1 2]") }
    #expect(refusal?.description == "a comma or a closing bracket is expected (byte 3)")
  }

  @Test("Every prefix of a document is refused as ending too soon, and never crashes")
  func prefixes() throws {
    let text = #"{"a":[true,false,null,-12.5e+3,"\u20AC\uD83D\uDE00\n é"],"b":{"c":[[],{}]},"d":"x"}"#
    let bytes = Array(text.utf8)
    _ = try StrictJSON.parse(bytes)
    for end in bytes.indices {
      let refusal = #expect(throws: JSONRefusal.self) { try StrictJSON.parse(Array(bytes[..<end])) }
      #expect(refusal?.reason == .endsTooSoon || refusal?.reason == .loneSurrogate, "prefix of \(end)")
    }
  }

  @Test("Any one byte replaced by any other never crashes")
  func mutations() {
    let bytes = Array(#"{"a":[1,"\u20AC\ud83d\ude00"],"b":-1.5e3,"c":null}"#.utf8)
    var accepted = 0
    for index in bytes.indices {
      for byte in UInt8.min...UInt8.max {
        var changed = bytes
        changed[index] = byte
        if (try? StrictJSON.parse(changed)) != nil { accepted += 1 }
      }
    }
    // The unchanged document once per position, and changes of digits, letters and white space.
    #expect(accepted >= bytes.count)
  }

  @Test("Many members cost no more than their length")
  func manyMembers() throws {
    let members = (0..<10_000).map { "\"\($0)\":\($0)" }.joined(separator: ",")
    #expect(try parse("{\(members)}").members?.count == 10_000)
  }
}
