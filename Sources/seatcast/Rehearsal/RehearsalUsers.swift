// Who takes part in a rehearsal, and who prepares it: tokens of made users, an administrator's token, an event. Either the
// administration of the server on this machine makes them (admin.sock in the data folder, which only its owner can
// open), or they come from files. Blocks; before and after the rush.
import ControlPlane
import SeatcastClient

/// A user with a token.
struct RehearsalUser: Sendable, Equatable {
  /// As the server's log names the user.
  let id: String
  let token: String
}

struct RehearsalUsers: Sendable {
  /// Longer than the longest rehearsal.
  private static let lifetime = 2 * 3_600

  let plan: RehearsalPlan

  private func ask(_ request: AdminRequest) throws(AdminError) -> JSONReading {
    let outcome = try AdminClient.ask(request, in: plan.dataFolder, within: 60)
    guard let outcome else {
      throw AdminError(
        "No server listens at \(AdminSocket.path(in: plan.dataFolder)). Name its data folder with --data, or give "
          + "tokens with --token-file and --user-tokens.", status: AdminError.unavailable)
    }
    switch outcome {
    case .failed(let failure): throw AdminError(failure)
    case .done(let json, _):
      guard let answer = JSONReading(json) else {
        throw AdminError("The server's administration gave no JSON object.")
      }
      return answer
    }
  }

  private func mint(_ user: String, role: Role?) throws(AdminError) -> String {
    var members: [(name: String, value: AdminRequest.Value)] = [
      ("user", .text(user)), ("lifetimeSeconds", .number(Self.lifetime)),
    ]
    if let role { members.append(("role", .text(role.rawValue))) }
    guard let token = try ask(AdminRequest(.tokenMint, members)).text("token") else {
      throw AdminError("The server's administration made no token.")
    }
    return token
  }

  /// Tokens for users who have no account: they cost no password hashing, and end by themselves.
  /// - Parameter told: called after each.
  func users(_ told: (Int) -> Void) throws(AdminError) -> [RehearsalUser] {
    if let file = plan.userTokens { return try Self.users(in: file, atMost: plan.users) }
    var users: [RehearsalUser] = []
    for number in 1...plan.users {
      let id = "rehearsal-\(number)"
      users.append(RehearsalUser(id: id, token: try mint(id, role: nil)))
      told(number)
    }
    return users
  }

  private static func users(in file: String, atMost limit: Int) throws(AdminError) -> [RehearsalUser] {
    let bytes: [UInt8]
    do throws(BoundedFile.Failure) {
      bytes = try BoundedFile.read(file, atMost: 256 * 1_024 * 1_024)
    } catch {
      throw AdminError("The file \(file) \(error.why).", status: AdminError.badData)
    }
    let lines = bytes.split(separator: UInt8(ascii: "\n")).prefix(limit)
    var users: [RehearsalUser] = []
    for line in lines {
      let token = String(decoding: line, as: UTF8.self)
      guard let subject = TokenSubject.read(token) else {
        throw AdminError("Line \(users.count + 1) of \(file) is no token.", status: AdminError.badData)
      }
      users.append(RehearsalUser(id: subject, token: token))
    }
    guard !users.isEmpty else {
      throw AdminError("The file \(file) has no token.", status: AdminError.badData)
    }
    return users
  }

  /// A client that acts as an administrator.
  func administrator() throws -> SeatcastClient {
    if plan.access.tokenFile != nil { return try plan.access.client() }
    let people = try ask(AdminRequest(.userList, [("limit", .number(1_000))]))
    let admin = people.elements("items").first { $0.text("role") == "admin" && $0.bool("disabled") != true }
    guard let id = admin.flatMap({ $0.integer("id").map(String.init) ?? $0.text("id") }) else {
      throw AdminError(
        "A rehearsal reads the server's records as an administrator, and there is none: make one with "
          + "'seatcast user create --role admin', or give --token-file.")
    }
    let token = try mint(id, role: .admin)
    return try SeatcastClient(
      plan.access.server, token: .fixed(token), options: plan.access.options, network: Network())
  }
}

/// Whom a token speaks for, without a look at its signature: the server judges that.
enum TokenSubject {
  static func read(_ token: String) -> String? {
    let parts = token.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, let payload = decode(parts[1]), let claims = JSONReading(payload) else {
      return nil
    }
    return claims.text("sub") ?? claims.integer("id").map(String.init)
      ?? claims.integer("userId").map(String.init)
  }

  /// Base64url without padding (RFC 4648, section 5).
  private static func decode(_ text: Substring) -> [UInt8]? {
    var (bytes, word, bits): ([UInt8], UInt32, Int) = ([], 0, 0)
    for byte in text.utf8 {
      let value: UInt8
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = byte - UInt8(ascii: "A")
      case UInt8(ascii: "a")...UInt8(ascii: "z"): value = byte - UInt8(ascii: "a") + 26
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = byte - UInt8(ascii: "0") + 52
      case UInt8(ascii: "-"): value = 62
      case UInt8(ascii: "_"): value = 63
      default: return nil
      }
      word = word << 6 | UInt32(value)
      bits += 6
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(bits)))
      }
    }
    return bytes
  }
}
