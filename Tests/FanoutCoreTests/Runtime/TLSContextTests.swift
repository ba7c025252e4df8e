import TestSupport
import Testing

@testable import FanoutCore

@Suite struct TLSContextTests {
  private static let folder = SourceTree.root + "/Tests/Certificates/"

  private func settings(
    _ certificate: String, _ key: String, _ records: TLSRecords = .openSSL
  ) -> DataPlane.TLSSettings {
    DataPlane.TLSSettings(certificate: Self.folder + certificate, key: Self.folder + key, records: records)
  }

  @Test("a certificate with its key is taken, for both kinds of records", arguments: TLSRecords.allCases)
  func taken(records: TLSRecords) throws {
    let context = try TLSContext(
      settings("localhost-test-certificate.pem", "localhost-test-key.pem", records))
    let transport = try CUVTransport(tick: 100, sender: .send, tls: context)
    #expect(transport.handshakes == Handshakes())
    #expect(transport.unsent(0) == Unsent())
  }

  @Test(
    "what cannot be used is a sentence that names the file",
    arguments: [
      ("missing.pem", "localhost-test-key.pem", "missing.pem"),
      ("localhost-test-certificate.pem", "missing.pem", "missing.pem"),
      ("README.md", "localhost-test-key.pem", "README.md"),
      ("localhost-test-certificate.pem", "other-test-key.pem", "other-test-key.pem"),
    ])
  func refused(certificate: String, key: String, named: String) {
    let failure = #expect(throws: DataPlaneFailure.self) { try TLSContext(settings(certificate, key)) }
    #expect(failure?.description.contains(named) == true, "\(failure?.description ?? "")")
  }

  @Test("a reload reads the same files again, and a sentence names the one that cannot be used")
  func reload() throws {
    let folder = try TemporaryFolder()
    let (certificate, key) = (folder.path + "/certificate.pem", folder.path + "/key.pem")
    func copy(_ pair: String) throws {
      try put(
        String(decoding: contents(of: Self.folder + pair + "-certificate.pem") ?? [], as: UTF8.self),
        at: certificate)
      try put(String(decoding: contents(of: Self.folder + pair + "-key.pem") ?? [], as: UTF8.self), at: key)
    }
    try copy("localhost-test")
    let context = try TLSContext(DataPlane.TLSSettings(certificate: certificate, key: key))
    let before = context.expiry
    try copy("other-test")
    try context.reload()
    let after = context.expiry
    #expect(after != before)
    try put("nothing", at: key)
    let failure = #expect(throws: DataPlaneFailure.self) { try context.reload() }
    #expect(failure?.description.contains(key) == true)
    #expect(context.expiry == after)
  }
}
