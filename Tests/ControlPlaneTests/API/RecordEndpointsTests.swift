import Testing

@testable import ControlPlane

@Suite("RecordEndpoints")
struct RecordEndpointsTests {
  @Test("Anybody reads the newest head and the key; before the first head there is none")
  func head() throws {
    let api = try APIFixture()
    #expect(try api.send("GET", "/api/record/head").status == 404)
    let recorder = try #require(api.backend.threads.record?.recorder)
    #expect(recorder.seal() == nil)
    let head = try api.send("GET", "/api/record/head")
    #expect(head.status == 200)
    let note = try #require(RecordNote(String(decoding: head.body, as: UTF8.self)))
    let key = try api.send("GET", "/api/record/key")
    let publicKey = try #require(RecordPublicKey(text: String(decoding: key.body, as: UTF8.self)))
    #expect(note.isSigned(by: publicKey))
    #expect(note.head.epoch == api.backend.epoch)
  }
}
