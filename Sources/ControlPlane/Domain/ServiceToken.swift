// Tokens of other programs: a shop's back end, a mailer. A service token is no user: it cannot book, log in or watch, and
// may do what its scopes name and nothing else. Administrators mint and revoke it. Pure values.

enum ServiceScope: String, CaseIterable, Sendable {
  /// Follow the feed of changes.
  case feedRead = "feed:read"
  /// Confirm any hold, or let it go.
  case bookingsConfirm = "bookings:confirm"
}

struct ServiceToken: Sendable, Equatable {
  /// Service tokens at a time.
  static let most = 1_000

  /// Its row.
  var id: Int64
  /// What the token calls itself (`jti`): random, so that whoever shares the signing secret cannot make another one.
  var jti: String
  var name: String
  /// In the order of `ServiceScope.allCases`.
  var scopes: [ServiceScope]
  var createdAt: Instant
  var expiresAt: Instant

  func allows(_ scope: ServiceScope) -> Bool { scopes.contains(scope) }
}

/// Who asks, where users and services may.
struct Caller: Sendable {
  /// Of a service: one that stands for it before limits, and that nobody logs in as.
  let principal: Principal
  /// nil: a user.
  let service: ServiceToken?

  init(_ principal: Principal) { (self.principal, service) = (principal, nil) }

  init(_ service: ServiceToken) {
    self.service = service
    principal = Principal(identity: service.identity, role: .user, expiresAt: service.expiresAt)
  }
}

extension ServiceToken {
  /// No issuer of people has an empty name.
  var identity: Identity { Identity(issuer: "", subject: .text("service-token \(id)")) }
}
