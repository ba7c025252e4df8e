// Who did what from where: a row of the audit log. Administrators' actions are written in the transaction of what they did;
// log-ins by themselves. Never a password, never a token. Pure values.

/// The raw values are in databases and answers.
enum AuditAction: String, Sendable, CaseIterable {
  case eventCreate = "event.create"
  case eventChange = "event.change"
  case eventDelete = "event.delete"
  case bookingCancel = "booking.cancel"
  case bookingConfirm = "booking.confirm"
  case bookingExtend = "booking.extend"
  case userCreate = "user.create"
  case userChange = "user.change"
  case userPassword = "user.password"
  case userLogOut = "user.logout"
  case userErase = "user.erase"
  case serviceTokenCreate = "service-token.create"
  case serviceTokenRevoke = "service-token.revoke"
  case auditExport = "audit.export"
  case recordRotate = "record.rotate"
  /// Of an administrator.
  case login
  case loginFailure = "login.failure"
}

enum AuditActor: Sendable, Equatable {
  case identity(Identity)
  case service(ServiceToken)
  /// Somebody with access to the server's files.
  case commandLine
  /// Somebody who is not logged in.
  case unknown
}

struct AuditEntry: Sendable, Equatable {
  var actor: AuditActor
  /// Where the request came from; nil: from nowhere outside.
  var address: ClientAddress?
  var action: AuditAction
  /// What was acted upon, as a path of the API; nil: nothing, or what the action is about to make.
  var object: String?
  /// A JSON object, at most `detailBytes`; nil: there is nothing to add.
  var detail: String?

  /// More of it is not kept.
  static let detailBytes = 4_096
}

/// An entry as the log has it.
struct AuditRecord: Sendable, Equatable {
  var id: Int64
  var at: Instant
  var issuer: String?
  var subject: String?
  /// nil: it was not from outside, or is forgotten.
  var address: String?
  var action: String
  var object: String?
  var detail: String?
}

extension ClientAddress {
  /// As people write it: `192.0.2.7`, or the canonical text of an IPv6 address (RFC 5952).
  var text: String {
    if upper == 0, lower >> 32 == 0xFFFF {
      return (0..<4).map { String(lower >> (24 - 8 * UInt64($0)) & 0xFF) }.joined(separator: ".")
    }
    let groups = (0..<8).map { index in
      let word = index < 4 ? upper : lower
      return UInt16(truncatingIfNeeded: word >> (48 - 16 * UInt64(index % 4)))
    }
    guard let gap = Self.longestGap(groups) else { return Self.text(groups[...]) }
    return Self.text(groups[..<gap.lowerBound]) + "::" + Self.text(groups[gap.upperBound...])
  }

  private static func text(_ groups: ArraySlice<UInt16>) -> String {
    groups.map { String($0, radix: 16) }.joined(separator: ":")
  }

  /// The first longest run of two zeros or more.
  private static func longestGap(_ groups: [UInt16]) -> Range<Int>? {
    var (longest, start): (Range<Int>?, Int) = (nil, 0)
    for index in 0...groups.count where index == groups.count || groups[index] != 0 {
      if index - start > max(1, longest?.count ?? 0) { longest = start..<index }
      start = index + 1
    }
    return longest
  }
}
