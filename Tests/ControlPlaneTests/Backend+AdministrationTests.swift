import Glibc
import TestSupport
import Testing

@testable import ControlPlane

@Suite("Administration of files")
struct BackendAdministrationTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private var configuration: Backend.Configuration {
    var configuration = Backend.Configuration(dataFolder: folder.path)
    configuration.passwordCost = .insecureTest
    return configuration
  }

  private func open(needsKeys: Bool = false) throws -> Backend {
    try Backend.openForAdministration(configuration, needsKeys: needsKeys, observer: IncidentList())
  }

  private func sentence(needsKeys: Bool = false) -> String? {
    do {
      try open(needsKeys: needsKeys).close()
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test("a folder without a database stays without one")
  func missing() throws {
    #expect(sentence() == "the folder \(folder.path) has no database; name the server's with --data")
    #expect(names(in: folder.path).isEmpty)
  }

  @Test("an older database is left to the server, which knows whose accounts it has")
  func older() throws {
    let connection = try Connection(folder.path + "/seatcast.db", .writer)
    try Migrations.bring(connection, steps: Array(Migrations.steps.dropLast()))
    let version = try Migrations.version(of: connection)
    #expect(sentence()?.contains("was written by an older seatcast; start the server once") == true)
    #expect(try Migrations.version(of: connection) == version)
  }

  @Test("a restored database whose users have no issuer yet is left to the server as well")
  func unadopted() throws {
    do {
      let writer = try Connection(folder.path + "/seatcast.db", .writer)
      try Migrations.bring(writer)
      try writer.execute("INSERT INTO account (id, issuer, subject, created_at) VALUES (7, '', '7', 0)")
    }
    #expect(sentence()?.contains("was written by an older seatcast; start the server once") == true)
    let reader = try Connection(folder.path + "/seatcast.db", .reader)
    #expect(try Statement(reader, "SELECT issuer FROM account WHERE id = 7").first { $0.text(0) } == "")
  }

  @Test("nothing is forgotten: only the server knows how long things are kept")
  func retention() throws {
    do {
      let writer = try Connection(folder.path + "/seatcast.db", .writer)
      try Migrations.bring(writer)
      try writer.execute(
        """
        INSERT INTO audit (at, action, address) VALUES (1, 'login.failure', '192.0.2.1');
        INSERT INTO feed (kind, subject, number) VALUES (3, 1, 1), (3, 2, 2);
        """)
    }
    let backend = try open()
    guard case .done = backend.administer(AdminRequest(.eventList).line).outcome else {
      throw AdminAnswer.Failure(.data, "not listed")
    }
    backend.close()
    let reader = try Connection(folder.path + "/seatcast.db", .reader)
    #expect(try Statement(reader, "SELECT count(*) FROM audit").first { $0.int(0) } == 1)
    #expect(try Statement(reader, "SELECT count(*) FROM feed").first { $0.int(0) } == 2)
  }

  @Test("no secret is made, and tokens need the one that there is")
  func secrets() throws {
    _ = try Database.open(DataFolder(folder.path), SystemRandom())
    #expect(sentence() == nil)
    #expect(!names(in: folder.path).contains("jwt-secret"))
    #expect(sentence(needsKeys: true)?.contains("keeps no token secret") == true)
    _ = try SigningSecret.kept(in: DataFolder(folder.path))
    #expect(sentence(needsKeys: true) == nil)
  }

  @Test("what is done to the files is there for the server, and a served folder is told apart")
  func done() throws {
    _ = try Database.open(DataFolder(folder.path), SystemRandom())
    let backend = try open()
    let request = AdminRequest(.eventCreate, [("name", .text("E")), ("seatCapacity", .number(3))])
    guard case .done = backend.administer(request.line).outcome else {
      throw AdminAnswer.Failure(.data, "not made")
    }
    let failure = #expect(throws: StartFailure.self) { try open() }
    #expect(failure?.isServed == true)
    backend.close()
    let store = try Database.open(DataFolder(folder.path), SystemRandom()).writer
    #expect(try store.allEvents().map(\.name) == ["E"])
  }
}
