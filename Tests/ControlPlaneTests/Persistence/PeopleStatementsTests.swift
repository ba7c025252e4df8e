import TestSupport
import Testing

@testable import ControlPlane

@Suite("PeopleStatements")
struct PeopleStatementsTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("Who is disabled is found at the next start, with subjects that are texts and numbers")
  func disabled() throws {
    let data = try DataFolder(folder.path)
    let connection = try Connection(data.database, .writer)
    try Migrations.bring(connection)
    try connection.execute(
      """
      INSERT INTO account (id, issuer, subject, created_at) VALUES (7, 'them', 'a|1', 5), (8, 'them', '3', 6);
      INSERT INTO account VALUES (9, 'seatcast', '9', 'A@x.y', 'a@x.y', 'Ann', 'user', 'h', 7, NULL);
      """)
    let people = try PeopleStatements(connection)
    let (text, number) = (Identity(issuer: "them", subject: .text("a|1")), Identity.local(9))
    #expect(try people.person(text)?.account == nil)
    #expect(try people.person(number)?.account?.email == "A@x.y")
    #expect(try people.person(.local(7)) == nil)
    try people.setDisabled(Instant(milliseconds: 5), of: UserID(7))
    try people.setDisabled(Instant(milliseconds: 5), of: UserID(8))
    try people.setDisabled(Instant(milliseconds: 5), of: UserID(9))
    try people.setDisabled(nil, of: UserID(8))
    #expect(try people.disabled() == [text, number])
    #expect(try people.person(text)?.isDisabled == true)
  }

  @Test("A password hash is replaced when the old one is what was said")
  func passwordHash() throws {
    let data = try DataFolder(folder.path)
    let connection = try Connection(data.database, .writer)
    try Migrations.bring(connection)
    try connection.execute(
      """
      INSERT INTO account (id, issuer, subject, created_at) VALUES (7, 'them', 'a|1', 5);
      INSERT INTO account VALUES (9, 'seatcast', '9', 'A@x.y', 'a@x.y', 'Ann', 'user', 'h', 7, NULL);
      """)
    let people = try PeopleStatements(connection)
    #expect(try people.setPasswordHash("i", of: UserID(9), replacing: "h"))
    #expect(try !people.setPasswordHash("j", of: UserID(9), replacing: "h"))
    #expect(try people.setPasswordHash("k", of: UserID(9), replacing: nil))
    #expect(try !people.setPasswordHash("k", of: UserID(7), replacing: nil))
    #expect(try !people.setPasswordHash("k", of: UserID(99), replacing: nil))
  }
}
