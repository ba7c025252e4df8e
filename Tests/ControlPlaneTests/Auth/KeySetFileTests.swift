import FoundationEssentials
import TestSupport
import Testing

@testable import ControlPlane

@Suite("KeySetFile")
struct KeySetFileTests {
  private let folder: TemporaryFolder
  private var file: KeySetFile { KeySetFile(path: folder.path + "/keys.json") }

  init() throws { folder = try TemporaryFolder() }

  private func write(_ text: String) throws {
    try text.write(toFile: file.path, atomically: true, encoding: .utf8)
  }

  @Test("Its state changes with its content, its length and its place")
  func states() throws {
    #expect(file.state == nil)
    try write("a")
    let first = file.state
    #expect(first != nil && file.state == first)
    try write("ab")
    let second = file.state
    #expect(second != first)
    try write("ac")
    #expect(file.state != second)
  }

  @Test("A file that is too long is refused without being read to its end, a folder with the system's words")
  func reading() throws {
    try write(ForeignKeys.set([ForeignKeys.key("ES256")]) + String(repeating: " ", count: 1_000_000))
    #expect(throws: StartFailure("\(file.path) has more than 65536 bytes")) { try file.keys() }
    #expect(throws: StartFailure("cannot read \(folder.path): Is a directory")) {
      try KeySetFile(path: folder.path).keys()
    }
    try write(ForeignKeys.set([ForeignKeys.key("ES256")]))
    #expect(try file.keys().count == 1)
  }
}
