import TestSupport
import Testing

@testable import ControlPlane

@Suite("MovedMark")
struct MovedMarkTests {
  @Test("A mark is kept and read, whatever was done, and keeps the database from being opened")
  func kept() throws {
    let temporary = try TemporaryFolder()
    let folder = try DataFolder(temporary.path)
    #expect(try MovedMark.read(folder) == nil)
    for isDone in [false, true] {
      let mark = MovedMark(isDone: isDone, target: "ada@host:5432/seatcast")
      try mark.keep(in: folder)
      #expect(try MovedMark.read(folder) == mark)
      let failure = #expect(throws: StartFailure.self) {
        _ = try Database.open(folder, SeededIdentifiers(seed: 1))
      }
      #expect(failure?.description.contains("ada@host:5432/seatcast") == true)
      #expect(failure?.description.contains("\(temporary.path)/moved") == true)
    }
    try MovedMark.remove(from: folder)
    _ = try Database.open(folder, SeededIdentifiers(seed: 1))
  }

  @Test("A file that says nothing readable counts as a move that was finished")
  func odd() throws {
    let temporary = try TemporaryFolder()
    let folder = try DataFolder(temporary.path)
    try folder.write(MovedMark.fileName, [])
    #expect(try MovedMark.read(folder) == MovedMark(isDone: true, target: ""))
  }
}
