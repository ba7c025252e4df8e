import TestSupport
import Testing

@testable import ControlPlane

@Suite("Administrator's commands for the record")
struct AdministratorRecordTests {
  private let fixture: BackendFixture

  init() throws { fixture = try BackendFixture() }

  private func ask(_ backend: Backend, _ command: AdminRequest.Command) throws -> (json: JSON, text: String) {
    switch backend.administer(AdminRequest(command).line).outcome {
    case .done(let json, let text): return (try JSON(parsing: json), text)
    case .failed(let failure): throw failure
    }
  }

  @Test("Heads, keys and changes of the key are told, and the last is in the audit log")
  func commands() throws {
    let backend = try fixture.open()
    let head = try ask(backend, .recordHead)
    #expect(RecordNote(head.text) != nil)
    #expect(head.json["entries"]?.integer == 1)
    let key = try #require(RecordPublicKey(text: try ask(backend, .recordKey).text))
    let rotated = try ask(backend, .recordRotate)
    #expect(rotated.text.hasPrefix("A new key signs the record"))
    #expect(RecordPublicKey(text: rotated.json["key"]?.string ?? "") != key)
    while backend.pump() {}
    let audit = try backend.openReader().audit(before: nil, limit: 9)
    #expect(audit.map(\.action) == ["record.rotate"])
    backend.close()
  }

  @Test("On files, the key that a server made is used, and none is made")
  func files() throws {
    try fixture.open().close()
    let configuration = Backend.Configuration(dataFolder: fixture.folder.path)
    let open = {
      try Backend.openForAdministration(configuration, needsKeys: false, observer: fixture.incidents)
    }
    let backend = try open()
    #expect(try ask(backend, .recordHead).json["entries"]?.integer == 1)
    backend.close()
    try RecordKey.remove(RecordKey.fileName, in: try DataFolder(fixture.folder.path))
    let other = try open()
    #expect(throws: AdminAnswer.Failure.self) { try ask(other, .recordHead) }
    other.close()
    #expect(!names(in: fixture.folder.path).contains(RecordKey.fileName))
  }
}
