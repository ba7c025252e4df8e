import ControlPlane
import FoundationEssentials
import Testing

@testable import seatcast

@Suite("Secret files")
struct SecretFilesTests {
  private func withFile<Result>(_ bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "seatcast-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "a secret")
    try Data(bytes).write(to: file)
    return try body(file.path)
  }

  private func complaint(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch {
      return "\(error)"
    }
  }

  private let long = [UInt8](repeating: 0x41, count: 32)

  @Test("One line break at the end is not part of the secret", arguments: ["", "\n", "\r\n"])
  func lineBreak(ending: String) throws {
    let secret = try withFile(long + Array(ending.utf8)) { try SecretFiles.secret(.file($0)) }
    #expect(secret == long)
  }

  @Test("A second line break is part of it, and so is any other byte")
  func onlyOneLineBreak() throws {
    let bytes: [UInt8] = long + [0x00, 0xFF, 0x0A]
    #expect(try withFile(bytes + [0x0A]) { try SecretFiles.secret(.file($0)) } == bytes)
  }

  @Test("A short secret is refused with its length, not with its bytes")
  func short() throws {
    let sentence = complaint { _ = try SecretFiles.secret(.bytes(Array("hush hush".utf8))) }
    #expect(sentence == "The token secret in SEATCAST_JWT_SECRET is too short: 9 bytes, needed are 32.")
    let inFile = try withFile(Array(repeating: 0x42, count: 31) + [0x0A]) { path in
      complaint { _ = try SecretFiles.secret(.file(path)) }
    }
    #expect(inFile?.hasSuffix("is too short: 31 bytes, needed are 32.") == true)
  }

  @Test("A long secret is taken as it is, and none means the control plane's own")
  func taken() throws {
    #expect(try SecretFiles.secret(.bytes(long)) == long)
    #expect(try SecretFiles.secret(.kept) == nil)
  }

  @Test("A file that cannot be read is named")
  func missing() {
    #expect(
      complaint { _ = try SecretFiles.secret(.file("no/such/file")) }
        == "The token secret in no/such/file cannot be read: No such file or directory.")
    #expect(
      complaint { _ = try SecretFiles.password(.file("no/such/file")) }
        == "The admin's password in no/such/file cannot be read: No such file or directory.")
  }

  @Test("A password is text, from the variable or from the first line break on the end of a file")
  func passwords() throws {
    #expect(try SecretFiles.password(.text("p w\n")) == "p w\n")
    #expect(try withFile(Array("Grüße\n".utf8)) { try SecretFiles.password(.file($0)) } == "Grüße")
    let sentence = try withFile([0xFF, 0xFE]) { path in
      complaint { _ = try SecretFiles.password(.file(path)) }
    }
    #expect(sentence?.hasSuffix("is not UTF-8.") == true)
  }

  @Test("The previous secret is read like the current one")
  func previousSecret() throws {
    func secrets(_ path: String) throws -> TokenSecrets {
      let flags: [Setting: String] = [
        .previousSecretFile: path, .previousSecretUntil: "2026-01-31T20:00:00Z",
      ]
      let settings = Settings(flags: flags, environment: [:], table: .serve)
      return try SecretFiles.secrets(ServeConfiguration(settings))
    }
    let expected = PreviousSecret(long, until: Instant(milliseconds: 1_769_889_600_000))
    #expect(
      try withFile(long + [0x0A]) { try secrets($0) } == TokenSecrets(current: nil, previous: expected))
    try withFile([0x41]) { path in
      #expect(
        complaint { _ = try secrets(path) }
          == "The token secret in \(path) is too short: 1 bytes, needed are 32.")
    }
  }
}
