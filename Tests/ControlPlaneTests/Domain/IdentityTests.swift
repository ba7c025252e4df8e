import Testing

@testable import ControlPlane

@Suite("Identity")
struct IdentityTests {
  private static let texts = [
    "3", "03", "+3", "3.0", " 3", "3 ", "3\u{0}", "\u{663}", "\u{ff13}", "0", "-0", "00",
    "9007199254740991", "9007199254740992", "9007199254740993", "18446744073709551616",
    "\u{e9}", "e\u{301}", "\u{212b}", "\u{c5}", "a", "A", "\u{430}", "\u{0}", "auth0|3",
    "550e8400-e29b-41d4-a716-446655440000", "550E8400-E29B-41D4-A716-446655440000",
  ]

  @Test("texts that differ in one byte are different subjects", arguments: texts)
  func distinct(text: String) throws {
    let subject = try #require(Subject(text))
    for other in Self.texts where !other.utf8.elementsEqual(text.utf8) {
      let stranger = try #require(Subject(other))
      #expect(subject != stranger, "\(other)")
      #expect(Identity(issuer: "i", subject: subject) != Identity(issuer: "i", subject: stranger))
      #expect(
        Identity(issuer: "i", subject: subject).connectionKey
          != Identity(issuer: "i", subject: stranger).connectionKey)
    }
    #expect(subject.description.utf8.elementsEqual(text.utf8))
    #expect(Set([subject]).contains(try #require(Subject(text))))
  }

  @Test("two issuers never share an identity", arguments: texts)
  func issuers(text: String) throws {
    let subject = try #require(Subject(text))
    let identities = ["seatcast", "Seatcast", "caf\u{e9}", "cafe\u{301}", ""].map {
      Identity(issuer: $0, subject: subject)
    }
    #expect(Set(identities).count == identities.count)
    #expect(Set(identities.map(\.connectionKey)).count == identities.count)
    #expect(identities.filter(\.isLocal).count == 1)
  }

  @Test("issuer and subject do not run into each other")
  func concatenation() throws {
    let (left, right) = (try #require(Subject("bc")), try #require(Subject("c")))
    #expect(
      Identity(issuer: "a", subject: left).connectionKey
        != Identity(issuer: "ab", subject: right).connectionKey)
  }

  @Test(
    "a subject is written as an integer when it is one below 2^53, else as a string",
    arguments: [
      ("0", "0"), ("3", "3"), ("9007199254740991", "9007199254740991"),
      ("9007199254740992", #""9007199254740992""#), ("03", #""03""#), ("-3", #""-3""#),
      ("a\"\\\n\u{0}", #""a\"\\\n\u0000""#),
    ])
  func json(text: String, expected: String) throws {
    var writer = JSONWriter()
    try #require(Subject(text)).write(to: &writer)
    #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
  }

  @Test("a number is the same subject as its decimal text")
  func numbers() {
    for number: UInt64 in [0, 3, (1 << 53) - 1, 1 << 53, .max] {
      #expect(Subject(number) == Subject(String(number)))
    }
  }

  @Test("a subject has 1 to 255 bytes")
  func bounds() {
    #expect(Subject("") == nil)
    #expect(Subject(String(repeating: "é", count: 127)) != nil)
    #expect(Subject(String(repeating: "é", count: 128)) == nil)
  }
}
