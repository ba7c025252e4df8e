import TestSupport
import Testing

@testable import FanoutCore

@Suite struct TLSContextTests {
  private static let folder = SourceTree.root + "/Tests/Certificates/"

  private func files(_ certificate: String, _ key: String) -> DataPlane.TLSFiles {
    DataPlane.TLSFiles(certificate: Self.folder + certificate, key: Self.folder + key)
  }

  @Test("a certificate with its key is taken")
  func taken() throws {
    _ = try TLSContext(files("localhost-test-certificate.pem", "localhost-test-key.pem"))
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
    let failure = #expect(throws: DataPlaneFailure.self) { try TLSContext(files(certificate, key)) }
    #expect(failure?.description.contains(named) == true, "\(failure?.description ?? "")")
  }
}
