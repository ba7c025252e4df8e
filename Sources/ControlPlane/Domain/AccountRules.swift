// What an email address and a password must be like to be those of an account from now on, for registrations and for the
// administrator that the configuration names. Accounts that exist are not judged: they log in with what they have. Two
// spellings of one address must not be two accounts, so what `EmailKey` does not bring to one form is refused. Whether
// mail arrives at an address is not checked. Pure; any thread.

enum AccountRules {
  static let emailBytes = 3...254
  static let passwordBytes = 8...1_024

  /// What the address must have or be; nil: it is good.
  static func fault(ofEmail email: String) -> String? {
    guard emailBytes.contains(email.utf8.count) else {
      return "must have \(emailBytes.lowerBound) to \(emailBytes.upperBound) bytes"
    }
    let key = EmailKey(email).text
    guard isAddress(email), isAddress(key) else {
      return "must have one @ with something on both sides, and neither spaces nor control characters"
    }
    if key.unicodeScalars.contains(where: \.properties.isDefaultIgnorableCodePoint) {
      return "must not contain invisible characters"
    }
    return hasOneSpelling(key.unicodeScalars.drop { $0 != "@" }.dropFirst())
      ? nil
      : "must have a domain without empty labels, in Unicode (no xn--) and without compatibility characters"
  }

  /// What the password must have or be; nil: it is good. It is stored normalized (RFC 8265, section 4.2).
  static func fault(ofPassword password: String) -> String? {
    let lengths = [password.utf8.count, UnicodeProfiles.opaque(password).utf8.count]
    guard lengths.allSatisfy({ passwordBytes.contains($0) }) else {
      return "must have \(passwordBytes.lowerBound) to \(passwordBytes.upperBound) bytes, also in NFC"
    }
    return UnicodeProfiles.hasControl(password) ? "must not contain control characters" : nil
  }

  private static func isAddress(_ text: String) -> Bool {
    let parts = text.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
    let hasSpace = text.unicodeScalars.contains { $0.properties.isWhitespace }
    return parts.count == 2 && !parts.contains(where: \.isEmpty) && !hasSpace
      && !UnicodeProfiles.hasControl(text)
  }

  /// Whether no other text is this domain. A dot at the end names the same domain (RFC 1034, section 3.1), and so does a
  /// label encoded in ASCII (RFC 5890, section 2.3.2.1).
  private static func hasOneSpelling(_ domain: Substring.UnicodeScalarView) -> Bool {
    let labels = domain.split(separator: ".", omittingEmptySubsequences: false)
    return labels.allSatisfy {
      !$0.isEmpty && !$0.starts(with: "xn--".unicodeScalars) && $0.allSatisfy(isStable)
    }
  }

  /// Whether the mapping of internationalized domain names leaves the scalar as it is: it maps the ideographic full stop
  /// to a dot (RFC 5895, section 2) and leaves none that case folding and compatibility composition would change
  /// (RFC 5892, section 2.2), except two (section 2.6).
  private static func isStable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "\u{3002}": false
    case "\u{DF}", "\u{3C2}": true
    default: !scalar.properties.changesWhenNFKCCaseFolded
    }
  }
}
