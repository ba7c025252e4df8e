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
    #expect(configured.local.secret.bytes == TokenForge.secretBytes)
    let kept = try authorities(.local, secret: nil).local.secret.bytes
    #expect(try authorities(.local, secret: nil).local.secret.bytes == kept)
  }

  @Test("beside another system the server signs by a secret that the other does not hold")
  func external() throws {
    for secret in [TokenForge.secretBytes, nil] {
      let found = try authorities(.external(issuer: "them", adminClaim: nil), secret: secret)
      let external = try #require(found.external)
      #expect(external.issuer == "them" && found.local.issuer == "seatcast")
      #expect(external.secret.bytes != found.local.secret.bytes)
      if let secret { #expect(external.secret.bytes == secret) }
      let again = try authorities(.external(issuer: "them", adminClaim: nil), secret: secret)
      #expect(again.local.secret.bytes == found.local.secret.bytes)
    }
  }

  @Test("another system can take neither this server's name nor its secret")
  func collisions() throws {
    let own = try authorities(.external(issuer: "them", adminClaim: nil)).local.secret.bytes
    #expect(throws: StartFailure.self) {
      try authorities(.external(issuer: "them", adminClaim: nil), secret: own)
    }
    for issuer in ["", "seatcast"] {
      #expect(throws: StartFailure.self) { try authorities(.external(issuer: issuer, adminClaim: nil)) }
    }
  }
}
