import Testing

@Suite("The reader of Swift sources that the rules use")
struct SwiftCodeTests {
  @Test("Comments and literals are no code, interpolations are")
  func stripped() {
    let code = SwiftCode(
      ##"""
      // seat
      let a = "booking \(user + "sql") x" /* event
      */ + #"raw \(not) \#(yes)"#
      let b = """
        lines \(deep(1)) more
        """
      """##)
    #expect(code.names == ["let", "a", "user", "yes", "let", "b", "deep"])
    #expect(code.lines.count == 6)
  }

  @Test(
    "Names fall into words",
    arguments: [
      ("eventStreamsOpen", ["event", "streams", "open"]), ("HTTPRequestHead", ["http", "request", "head"]),
      ("JSON", ["json"]), ("parse_SQL", ["parse", "sql"]), ("_seat", ["seat"]), ("UserID", ["user", "id"]),
      ("sha1", ["sha1"]),
    ])
  func words(name: String, expected: [String]) {
    #expect(SwiftCode.words(of: name[...]) == expected)
  }

  @Test("Imports are found behind any access level")
  func imports() {
    let code = SwiftCode(
      "internal import CUVShim\n#if x\n  @testable import seatcast\n#endif\nimport struct A.B\n")
    #expect(code.imports == ["CUVShim", "seatcast", "struct"])
  }
}
