// The commands of administration: makes a request of the words, has it performed, and prints the result. Main thread.
import ControlPlane
import FoundationEssentials

enum AdminRun {
  static func run(_ command: AdminRequest.Command, _ settings: Settings) throws {
    let members = try members(of: command, settings)
    let outcome = try AdminClient.perform(
      AdminRequest(command, members), within: command == .backup ? nil : 60,
      on: configuration(settings, command), needsKeys: command.needsKeys)
    StandardOutput.write(try text(of: outcome, asJSON: settings.has(.json)))
  }

  static func text(of outcome: AdminAnswer.Outcome, asJSON: Bool) throws(AdminError) -> String {
    switch outcome {
    case .done(let json, let text): asJSON ? String(decoding: json, as: UTF8.self) + "\n" : text
    case .failed(let failure): throw AdminError(failure)
    }
  }

  /// What the files are opened with while no server runs.
  static func configuration(
    _ settings: Settings, _ command: AdminRequest.Command
  ) throws -> Backend.Configuration {
    var backend = Backend.Configuration(dataFolder: try settings.text(.data) ?? "./data")
    if command.needsKeys {
      let accounts = try AccountsConfiguration(settings)
      (backend.accounts, backend.registration) = (accounts.kind, accounts.registration)
      (backend.audience, backend.keySetFile) = (accounts.audience, accounts.keySetFile)
      let secrets = try SecretFiles.secrets(
        ServeConfiguration.secret(settings), previous: ServeConfiguration.previousSecret(settings))
      (backend.secret, backend.previousSecret) = (secrets.current, secrets.previous)
    }
    let cost = try settings.choice(.passwordCost, as: ServeConfiguration.PasswordCostChoice.self)
    backend.passwordCost = cost == .insecureTest ? .insecureTest : .interactive
    return backend
  }

  // MARK: Members

  typealias Members = [(name: String, value: AdminRequest.Value)]

  /// The request's members, by the names that the API has for them.
  static func members(of command: AdminRequest.Command, _ settings: Settings) throws -> Members {
    var members = MemberList(command: command, settings: settings)
    switch command {
    case .eventCreate: try eventMembers(&members)
    case .eventList: try members.page()
    case .eventCapacity:
      try members.id()
      try members.number(.to, "seatCapacity")
      try members.number(.by, "seatCapacityDelta")
      if settings.has(.to) == settings.has(.by) {
        throw UsageError("'seatcast event capacity' needs one of --to and --by.")
      }
    case .eventPause, .eventResume, .eventCancel: try members.id()
    case .userCreate:
      try members.text(.email, "email", isRequired: true)
      try members.text(.name, "name", isRequired: true)
      try members.text(.role, "role")
      members.add("password", try PasswordInput.password(settings, of: "the new account"))
    case .userList:
      try members.text(.email, "email")
      try members.page()
    case .userRole:
      members.operand(0, "user")
      members.operand(1, "role")
    case .userDisable, .userEnable:
      members.operand(0, "user")
      try members.text(.issuer, "issuer")
    case .userPassword:
      members.operand(0, "user")
      members.add("password", try PasswordInput.password(settings, of: settings.operands[0]))
    case .tokenMint:
      members.operand(0, "user")
      try members.text(.role, "role")
      if let lifetime = try settings.duration(.lifetime, in: 60...(366 * 86_400)) {
        members.values.append(("lifetimeSeconds", .number(Int(lifetime / 1_000))))
      }
    case .tokenInspect: members.add("token", try token(settings))
    case .backup: members.add("file", absolute(settings.operands[0]))
    case .recordHead, .recordKey, .recordRotate: break
    }
    return members.values
  }

  private static func eventMembers(_ members: inout MemberList) throws(UsageError) {
    try members.text(.name, "name", isRequired: true)
    try members.number(.seats, "seatCapacity", isRequired: true)
    try members.ticketTypes()
    try members.text(.description, "description")
    try members.text(.venue, "venue")
    try members.text(.starts, "startsAt")
    try members.text(.opens, "opensAt")
    try members.text(.closes, "closesAt")
    try members.text(.status, "status")
    try members.number(.maxPerBooking, "maxPerBooking")
    try members.number(.maxPerUser, "maxPerUser")
    try members.number(.holdSeconds, "holdSeconds")
    try members.number(.holdExtensionSeconds, "holdExtensionSeconds")
  }

  /// A server has another working directory.
  static func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
  }

  private static func token(_ settings: Settings) throws -> String {
    if let token = settings.operands.first, token != "-" { return token }
    guard let token = StandardInput.line(atMost: AdminRequest.maximumBytes / 2) else {
      throw AdminError("There is no token on standard input.", status: AdminError.badData)
    }
    return token
  }
}

extension AdminRequest.Command {
  /// Whether it makes or judges tokens.
  var needsKeys: Bool { self == .tokenMint || self == .tokenInspect }
}

/// Gathers the members of a request.
private struct MemberList {
  let command: AdminRequest.Command
  let settings: Settings
  var values: AdminRun.Members = []

  mutating func add(_ name: String, _ text: String) { values.append((name, .text(text))) }

  mutating func operand(_ place: Int, _ name: String) { add(name, settings.operands[place]) }

  mutating func text(
    _ setting: Setting, _ name: String, isRequired: Bool = false
  ) throws(UsageError) {
    guard let given = settings[setting] else { return try require(setting, isRequired) }
    add(name, given.text)
  }

  mutating func number(
    _ setting: Setting, _ name: String, isRequired: Bool = false
  ) throws(UsageError) {
    guard let given = settings[setting] else { return try require(setting, isRequired) }
    guard let number = Int(given.text) else {
      throw UsageError("\(given.source) must be a whole number, not '\(printable(given.text))'.")
    }
    values.append((name, .number(number)))
  }

  private func require(_ setting: Setting, _ isRequired: Bool) throws(UsageError) {
    guard isRequired else { return }
    throw UsageError(
      "'seatcast \(command.rawValue)' needs --\(setting.rawValue). Try 'seatcast \(command.rawValue) --help'."
    )
  }

  /// The event's number.
  mutating func id() throws(UsageError) {
    guard let number = Int(settings.operands[0]), number > 0 else {
      throw UsageError("ID must be an event's number, not '\(printable(settings.operands[0]))'.")
    }
    values.append(("id", .number(number)))
  }

  /// `Stalls:200,Row A: left:20,Standing`: what stands behind the last colon is the number of seats.
  mutating func ticketTypes() throws(UsageError) {
    guard let given = settings[.types] else { return }
    var types: [AdminRequest.TicketType] = []
    for item in try settings.list(.types) {
      let colon = item.lastIndex(of: ":")
      let name = item[..<(colon ?? item.endIndex)]
      let capacity = colon.flatMap { Int(item[item.index(after: $0)...]) }
      guard !name.isEmpty, colon == nil || capacity != nil else {
        throw UsageError(
          "\(given.source) must have types like 'Stalls:200' or 'Standing', not '\(printable(String(item)))'."
        )
      }
      types.append(AdminRequest.TicketType(name: String(name), capacity: capacity))
    }
    values.append(("types", .ticketTypes(types)))
  }

  mutating func page() throws(UsageError) {
    try number(.after, "after")
    try number(.limit, "limit")
  }
}
