import FoundationEssentials
import Glibc
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

  /// In place, under an old time of its last modification.
  private func overwrite(_ byte: UInt8) {
    let descriptor = unsafe open(file.path, O_WRONLY)
    let written = unsafe pwrite(descriptor, [byte], 1, 0)
    let times = [timespec(tv_sec: 1_000, tv_nsec: 0), timespec(tv_sec: 1_000, tv_nsec: 0)]
    let isBackdated = unsafe futimens(descriptor, times) == 0
    close(descriptor)
    #expect(written == 1 && isBackdated)
    // The kernel's time of a change goes on in ticks of its clock.
    usleep(20_000)
  }

  @Test("Its state changes when it is made readable, and when its content changes under the old time")
  func statesOfTheSameFile() throws {
    try write("a")
    overwrite(1)
    let first = file.state
    let result = unsafe chmod(file.path, 0o640)
    usleep(20_000)
    let second = file.state
    #expect(result == 0 && second != first)
    overwrite(2)
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
