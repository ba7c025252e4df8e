// What the executable asks for at start, before anything is served: an admin who can log in, and demo content.
// All of it blocks, and doing it twice changes nothing.

extension Backend {
  /// Afterwards this admin exists and has this password.
  public func ensureAdmin(email: String, password: String) throws(StartFailure) -> Identity {
    if let fault = AccountRules.fault(ofEmail: email) {
      throw StartFailure("'\(email)' is not an email address for an account: it \(fault)")
    }
    if let fault = AccountRules.fault(ofPassword: password) {
      throw StartFailure("the administrator's password \(fault)")
    }
    return try ensure(email: email, name: "Admin", role: .admin, password: password).identity
  }

  /// A user of this role with this password, whatever was there before.
  func ensure(email: String, name: String, role: Role, password: String) throws(StartFailure) -> User {
    let password = UnicodeProfiles.opaque(password)
    do throws(DomainError) {
      let hasher = endpoints.accounts.hasher
      if let known = try known(email), known.user.role == role,
        hasher.verify(password, against: known.passwordHash) == .correct
      {
        return known.user
      }
      let user = NewUser(
        email: email, name: name, role: role, passwordHash: try hasher.hash(password))
      return try ledger.ask { .putUser(user, $0) }
    } catch {
      throw StartFailure("cannot make the account \(email): \(error)")
    }
  }

  private func known(_ email: String) throws(DomainError) -> Account? {
    guard let reads = try? openReader() else { throw .storageUnavailable }
    return try reads.account(EmailKey(email))
  }
}
