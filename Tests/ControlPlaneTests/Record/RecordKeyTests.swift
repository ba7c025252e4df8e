import Glibc
import TestSupport
import Testing

@testable import ControlPlane

@Suite("RecordKey")
struct RecordKeyTests {
  private func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.utf8.compactMap(\.hexDigit)
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  /// RFC 8032, section 7.1, test 2.
  @Test("Keys and signatures are those of the RFC")
  func vectors() throws {
    let key = try #require(
      RecordKey(seed: bytes("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")))
    #expect(
      key.publicKey.bytes == bytes("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"))
    let signature = key.signature(of: [0x72])
    #expect(
      signature
        == bytes(
          "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"))
    #expect(key.publicKey.verifies(signature, of: [0x72]))
    #expect(!key.publicKey.verifies(signature, of: [0x73]))
  }

  @Test("PEM goes both ways, and anything else is no key")
  func pem() throws {
    let key = RecordKey.make()
    #expect(RecordKey(pem: key.pem)?.publicKey == key.publicKey)
    #expect(RecordPublicKey(text: key.publicKey.pem) == key.publicKey)
    #expect(RecordPublicKey(text: key.publicKey.base64 + "\n") == key.publicKey)
    for text in ["", "-----BEGIN PUBLIC KEY-----", key.pem, String(key.publicKey.pem.dropFirst(40))] {
      #expect(RecordPublicKey(text: text) == nil)
    }
    #expect(RecordKey(pem: key.publicKey.pem) == nil)
  }

  @Test("The key is made once, private, and refused when others can read it")
  func kept() throws {
    let scratch = try TemporaryFolder()
    let folder = try DataFolder(scratch.path)
    #expect(try RecordKey.kept(in: folder, last: nil, makes: false) == nil)
    let key = try #require(try RecordKey.kept(in: folder, last: nil, makes: true))
    #expect(try RecordKey.kept(in: folder, last: nil, makes: true)?.publicKey == key.publicKey)
    let path = scratch.path + "/record-key"
    var status = stat()
    #expect(unsafe stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    #expect(unsafe chmod(path, 0o644) == 0)
    #expect(throws: StartFailure.self) { try RecordKey.kept(in: folder, last: nil, makes: true) }
    #expect(unsafe chmod(path, 0o600) == 0)
    try put("no key", at: path)
    #expect(throws: StartFailure.self) { try RecordKey.kept(in: folder, last: nil, makes: true) }
  }

  @Test("A change of the key that was cut short is finished when its head is committed, else forgotten")
  func cutShort() throws {
    let scratch = try TemporaryFolder()
    let folder = try DataFolder(scratch.path)
    let (old, next) = (RecordKey.make(), RecordKey.make())
    try old.keep(in: folder)
    try next.keep(as: RecordKey.nextFileName, in: folder)
    #expect(
      try RecordKey.kept(in: folder, last: old.publicKey, makes: true)?.publicKey == old.publicKey)
    #expect(!names(in: scratch.path).contains(RecordKey.nextFileName))

    try next.keep(as: RecordKey.nextFileName, in: folder)
    #expect(
      try RecordKey.kept(in: folder, last: next.publicKey, makes: true)?.publicKey == next.publicKey)
    #expect(!names(in: scratch.path).contains(RecordKey.nextFileName))
    #expect(
      try RecordKey.kept(in: folder, last: next.publicKey, makes: true)?.publicKey == next.publicKey)
  }
}
