import FoundationEssentials
import Glibc
import Testing

@testable import ControlPlane

@Suite("SigningSecret")
struct SigningSecretTests {
  @Test("Fewer than 32 bytes are refused with a sentence")
  func minimum() throws {
    #expect(try SigningSecret([UInt8](repeating: 1, count: 32)).bytes.count == 32)
    let failure = #expect(throws: SecretFailure.self) { try SigningSecret([UInt8](repeating: 1, count: 31)) }
    #expect(failure?.description == "the signing secret has 31 bytes; it needs at least 32")
  }

  @Test("Is made once, private, and is the same at the next start")
  func keeps() throws {
    let folder = try Folder()
    let first = try folder.secret()
    let second = try folder.secret()
    #expect(first.bytes == second.bytes)
    #expect(first.bytes.count >= 32)
    #expect(try folder.mode(of: "jwt-secret") == 0o600)
    #expect(try folder.names().sorted() == ["jwt-secret", "seatcast.lock"])
  }

  @Test("Two folders have two secrets")
  func differs() throws {
    let (one, other) = (try Folder(), try Folder())
    #expect(try one.secret().bytes != other.secret().bytes)
  }

  @Test("The file's text is the secret, without line breaks at its end")
  func text() throws {
    let folder = try Folder()
    let text = String(repeating: "s", count: 40)
    try folder.write(text + "\r\n", to: "jwt-secret", mode: 0o600)
    #expect(try folder.secret().bytes == Array(text.utf8))
  }

  @Test("A file that others can read is refused, and the sentence says what to do")
  func publicFile() throws {
    let folder = try Folder()
    try folder.write(String(repeating: "s", count: 40), to: "jwt-secret", mode: 0o644)
    let failure = #expect(throws: SecretFailure.self) { try folder.secret() }
    #expect(failure?.description.contains("chmod 600") == true)
  }

  @Test("A file that is too short is refused, not replaced")
  func shortFile() throws {
    let folder = try Folder()
    try folder.write("short\n", to: "jwt-secret", mode: 0o600)
    let failure = #expect(throws: SecretFailure.self) { try folder.secret() }
    #expect(failure?.description.hasSuffix("the signing secret has 5 bytes; it needs at least 32") == true)
    #expect(try folder.names().sorted() == ["jwt-secret", "seatcast.lock"])
  }

  @Test("A secret that cannot be kept is one clear sentence")
  func readOnlyFolder() throws {
    let folder = try Folder()
    try FileManager.default.createDirectory(
      atPath: folder.path + "/.jwt-secret.new", withIntermediateDirectories: true)
    let failure = #expect(throws: SecretFailure.self) { try folder.secret() }
    #expect(failure?.description == "cannot write \(folder.path)/jwt-secret: Is a directory")
  }
}

/// A folder of its own, gone with the test.
private final class Folder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "seatcast-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  func secret() throws -> SigningSecret {
    let folder = try DataFolder(path)
    defer { folder.release() }
    return try .kept(in: folder)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ text: String, to name: String, mode: Int) throws {
    try text.write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: "\(path)/\(name)")
  }

  func mode(of name: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")[.posixPermissions] as? Int
  }

  func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path) }
}
