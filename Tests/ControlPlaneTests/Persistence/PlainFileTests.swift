import Glibc
import TestSupport
import Testing

@testable import ControlPlane

@Suite("PlainFile")
struct PlainFileTests {
  @Test("a pipe and a device are no files; a file, a folder and nothing yet may be used")
  func kinds() throws {
    let folder = try TemporaryFolder()
    let pipe = folder.path + "/pipe"
    #expect(unsafe mkfifo(pipe, 0o600) == 0)
    #expect(!PlainFile.mayBe(at: pipe) && !PlainFile.mayBe(at: "/dev/null"))
    #expect(PlainFile.mayBe(at: folder.path) && PlainFile.mayBe(at: folder.path + "/none"))
    let descriptor = unsafe open(pipe, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    defer { close(descriptor) }
    #expect(descriptor >= 0 && !PlainFile.isOpen(descriptor) && !PlainFile.isOpen(-1))
  }

  @Test(
    "a pipe under the name of one of its files keeps nobody waiting",
    arguments: [
      "seatcast.db", "seatcast.db-wal", "seatcast.db-journal", "seatcast.lock", "jwt-secret", "keys",
    ])
  func pipes(name: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/" + name
    #expect(unsafe mkfifo(path, 0o600) == 0)
    #expect(!Checkup.isServed(folder.path))
    let sentence: String
    switch name {
    case let file where file.hasPrefix("seatcast.db"):
      if file != "seatcast.db" { try put("x", at: folder.path + "/seatcast.db") }
      sentence =
        (#expect(throws: StartFailure.self) { try Checkup.database(in: folder.path) })?.description ?? ""
      let data = try DataFolder(folder.path)
      let failure = #expect(throws: StartFailure.self) { _ = try Database.open(data, SystemRandom()) }
      #expect(failure?.description.contains("is a pipe or a device, not a file") == true)
    case "seatcast.lock":
      sentence = (#expect(throws: StartFailure.self) { _ = try DataFolder(folder.path) })?.description ?? ""
    case "jwt-secret":
      let data = try DataFolder(folder.path)
      let failure = #expect(throws: SecretFailure.self) { _ = try SigningSecret.kept(in: data) }
      sentence = failure?.description ?? ""
    default:
      sentence = (#expect(throws: StartFailure.self) { try Checkup.publicKeys(in: path) })?.description ?? ""
    }
    #expect(sentence.contains("\(name) is a pipe or a device, not a file"), "\(sentence)")
  }
}
