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
