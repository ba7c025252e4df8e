// Whose accounts the server takes, and what their tokens must say, typed and judged. Pure.
import ControlPlane

struct AccountsConfiguration: Equatable, Sendable {
  var kind: Accounts
  var registration: Bool
  /// Nil: the control plane's own.
  var audience: String?
  /// File with the other system's public keys; nil: it signs with the configured secret.
  var keySetFile: String?

  enum Kind: String, CaseIterable, Sendable { case local, external }
  enum Registration: String, CaseIterable, Sendable { case on, off }

  init(_ settings: Settings) throws(UsageError) {
    let registration = try settings.choice(.registration, as: Registration.self)
    audience = try settings.text(.audience)
    switch try settings.choice(.accounts, as: Kind.self) ?? .local {
    case .local:
      for setting in [Setting.issuer, .adminClaim, .jwksFile] {
        if let given = settings[setting] { throw UsageError("\(given.source) needs --accounts external.") }
      }
      kind = .local
      self.registration = registration != .off
    case .external:
      if registration == .on, let given = settings[.registration] {
        throw UsageError(
          "\(given.source) must be 'off' with --accounts external: the other system has the accounts.")
      }
      kind = .external(issuer: try Self.issuer(settings), adminClaim: try Self.adminClaim(settings))
      keySetFile = try settings.text(.jwksFile)
      self.registration = false
    }
  }

  private static func issuer(_ settings: Settings) throws(UsageError) -> String {
    guard let issuer = try settings.text(.issuer) else {
      throw UsageError("--accounts external needs --issuer, the iss of the other system's tokens.")
    }
    if issuer == Identity.localIssuer, let given = settings[.issuer] {
      throw UsageError(
        "\(given.source) must not be '\(issuer)': this server's own accounts have that issuer.",
        about: .issuer)
    }
    return issuer
  }

  private static func adminClaim(_ settings: Settings) throws(UsageError) -> AdminClaim? {
    guard let text = try settings.text(.adminClaim), let given = settings[.adminClaim] else { return nil }
    guard let claim = AdminClaim(text) else {
      throw UsageError(
        "\(given.source) must be like 'role=admin', not '\(printable(text))'.", about: .adminClaim)
    }
    return claim
  }
}
