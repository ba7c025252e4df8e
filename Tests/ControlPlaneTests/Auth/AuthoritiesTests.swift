import TestSupport
import Testing

@testable import ControlPlane

@Suite("Authorities")
struct AuthoritiesTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func authorities(
    _ accounts: Accounts, secret: [UInt8]? = TokenForge.secretBytes
  ) throws(StartFailure) -> Authorities {
    var configuration = Backend.Configuration(dataFolder: folder.path)
    (configuration.accounts, configuration.secret) = (accounts, secret)
    let folder = try DataFolder(folder.path)
    defer { folder.release() }
    return try Authorities(configuration, folder)
  }

  @Test("with local accounts the server is the only authority, by the configured secret or the kept one")
  func local() throws {
    let configured = try authorities(.local)
    #expect(configured.external == nil && configured.all.count == 1)
    #expect(configured.local.secret?.bytes == TokenForge.secretBytes)
    let kept = try authorities(.local, secret: nil).signing.bytes
    #expect(try authorities(.local, secret: nil).signing.bytes == kept)
  }

  @Test("beside another system the server signs by a secret that the other does not hold")
  func external() throws {
    for secret in [TokenForge.secretBytes, nil] {
      let found = try authorities(.external(issuer: "them", adminClaim: nil), secret: secret)
      let external = try #require(found.external)
      #expect(external.issuer == "them" && found.local.issuer == "seatcast")
      #expect(
        external.secret?.bytes != found.signing.bytes && found.local.secret?.bytes == found.signing.bytes)
      if let secret { #expect(external.secret?.bytes == secret) }
      let again = try authorities(.external(issuer: "them", adminClaim: nil), secret: secret)
      #expect(again.signing.bytes == found.signing.bytes)
    }
  }

  @Test("another system can take neither this server's name nor its secret")
  func collisions() throws {
    let own = try authorities(.external(issuer: "them", adminClaim: nil)).signing.bytes
    #expect(throws: StartFailure.self) {
      try authorities(.external(issuer: "them", adminClaim: nil), secret: own)
    }
    for issuer in ["", "seatcast"] {
      #expect(throws: StartFailure.self) { try authorities(.external(issuer: issuer, adminClaim: nil)) }
    }
  }

  @Test("public keys stand in place of the other system's secret")
  func keySet() throws {
    let keys = try JSONWebKeySet.keys(Array(ForeignKeys.set([ForeignKeys.key("ES256")]).utf8))
    var configuration = Backend.Configuration(dataFolder: folder.path)
    configuration.accounts = .external(issuer: "them", adminClaim: nil)
    let found = try Authorities(configuration, DataFolder(folder.path), keySet: keys)
    #expect(found.external?.secret == nil && found.local.secret != nil)
    #expect(!names(in: folder.path).contains("jwt-secret"))
  }

  @Test(
    "the previous secret is accepted beside the one that replaced it, and never is a local administrator's")
  func previousSecret() throws {
    let folder = try DataFolder(folder.path)
    var configuration = Backend.Configuration(dataFolder: folder.path)
    configuration.secret = [UInt8](repeating: 7, count: 32)
    configuration.previousSecret = PreviousSecret(TokenForge.secretBytes, until: Instant(milliseconds: 5_000))
    let token = try #require(JSONWebSignature(Array(TokenForge.sign(payload: "{}").utf8)))
    let ring = try Authorities(configuration, folder).local.keys
    #expect(ring.signer(of: token, at: Instant(milliseconds: 4_999)) != nil)
    #expect(ring.signer(of: token, at: Instant(milliseconds: 5_000)) == nil)
    configuration.previousSecret = PreviousSecret([1, 2, 3], until: Instant(milliseconds: 5_000))
    #expect(throws: StartFailure.self) { try Authorities(configuration, folder) }

    configuration.accounts = .external(issuer: "them", adminClaim: nil)
    configuration.previousSecret = nil
    let own = try Authorities(configuration, folder).signing.bytes
    configuration.previousSecret = PreviousSecret(own, until: Instant(milliseconds: 5_000))
    #expect(throws: StartFailure.self) { try Authorities(configuration, folder) }
  }
}
