// The commands of administration: what each takes, for the parser and for `--help`. What they do stands in
// Administration/.
import ControlPlane

extension CommandTable {
  static let administration = [
    eventCreate, eventList, eventCapacity, eventPause, eventResume, eventCancel, userCreate, userList,
    userRole,
    userDisable, userEnable, userPassword, tokenMint, tokenInspect, backup, restore, migrate, recordExport,
    recordHead, recordKey, recordRotate, doctor,
  ]

  private static func admin(
    _ command: AdminRequest.Command, _ summary: String, details: [String] = [], operands: [Operand] = [],
    _ flags: [Flag] = []
  ) -> CommandTable {
    CommandTable(
      name: command.rawValue, summary: summary, details: details, group: .administration,
      operands: operands, flags: flags + [data, config, json])
  }

  // MARK: Events

  private static let eventID = Operand("ID", "The event's number.")

  static let eventCreate = admin(
    .eventCreate, "Make an event.",
    details: ["It is on sale at once unless --status or --opens says otherwise."],
    [
      text(.name, "NAME", "The event's name."),
      text(.seats, "N", "How many seats it has."),
      text(
        .types, "NAME[:N],…", "Ticket types, like 'Stalls:200,Standing'; N: seats of its own.",
        fallback: "none"),
      text(.description, "TEXT", "What people are told about it."),
      text(.venue, "TEXT", "Where it takes place."),
      text(.starts, "TIME", "When it begins, like 2026-01-31T20:00:00Z."),
      text(.opens, "TIME", "When sales begin.", fallback: .words("at once")),
      text(.closes, "TIME", "When sales end.", fallback: .words("never")),
      Flag(
        setting: .status, value: .choice(["draft", "on_sale", "paused", "closed"]), variable: nil,
        summary: "What is decided about its sales.", fallback: "on_sale"),
      text(.maxPerBooking, "N", "Seats of one booking at most.", fallback: "10"),
      text(.maxPerUser, "N", "Seats of one user at most; 0: no limit.", fallback: "0"),
      text(.holdSeconds, "N", "How long a hold lasts; 0: no holds.", fallback: "600"),
      text(
        .holdExtensionSeconds, "N", "By how much a hold can be extended once; 0: not at all.", fallback: "300"
      ),
    ])
  static let eventList = admin(.eventList, "List events, drafts included.", [after, limit])
  static let eventCapacity = admin(
    .eventCapacity, "Change how many seats an event has.",
    details: ["Say --by where seats are being sold: it is right whatever was sold meanwhile."],
    operands: [eventID],
    [
      text(.to, "N", "The new number of seats."),
      text(.by, "N", "Seats to add, or with a minus sign to take away, like --by=-20."),
    ])
  static let eventPause = admin(.eventPause, "Stop an event's sales for the moment.", operands: [eventID])
  static let eventResume = admin(
    .eventResume, "Sell again. It also publishes a draft and reopens closed sales.", operands: [eventID])
  static let eventCancel = admin(
    .eventCancel, "Cancel an event and every booking of it, for good.", operands: [eventID])

  // MARK: Users

  private static let user = Operand("USER", "The address of a local account, or a user's id.")
  private static let issuer = text(
    .issuer, "ISSUER", "Whose id USER is, when another system has the accounts.",
    fallback: .words("the one whose accounts the running server takes; seatcast while none runs"))
  private static let passwordSource = [
    text(
      .passwordFile, "FILE", "File with the password; one line break at its end is not part of it.",
      fallback: .words("asked for, or read from standard input")),
    Flag.choice(
      .passwordCost, ["interactive", "insecure-test"],
      summary: "Cost of password hashing while no server runs; insecure-test is for tests.",
      fallback: "interactive"),
  ]

  static let userCreate = admin(
    .userCreate, "Make a local account.",
    details: ["The password is never an argument, which others can see."],
    [
      text(.email, "EMAIL", "The address to log in with."), text(.name, "NAME", "The name that people see."),
      role,
    ] + passwordSource)
  static let userList = admin(
    .userList, "List users in the order in which they came.",
    [text(.email, "EMAIL", "Only the account of this address."), after, limit])
  static let userRole = admin(
    .userRole, "Make a user an administrator, or an administrator a user.",
    operands: [user, Operand("user|admin", "The new role.")])
  static let userDisable = admin(
    .userDisable, "Keep somebody out: no log-in, no token, no connection.", operands: [user], [issuer])
  static let userEnable = admin(.userEnable, "Let somebody in again.", operands: [user], [issuer])
  static let userPassword = admin(
    .userPassword, "Give a local account another password; its sessions end.", operands: [user],
    passwordSource)

  // MARK: Tokens

  /// What the server would be given, for when none runs.
  private static let keys = serve.flags.filter { flag in
    [
      .accounts, .issuer, .audience, .adminClaim, .jwtSecretFile, .jwtSecret, .previousSecretFile,
      .previousSecretUntil,
      .jwksFile,
    ].contains(flag.setting)
  }

  static let tokenMint = admin(
    .tokenMint, "Make a token for a user, signed with the server's own secret.",
    operands: [user],
    [
      Flag(
        setting: .role, value: .choice(Role.allCases.map(\.rawValue)), variable: nil,
        summary: "Role in the token; admin is for administrators' accounts.",
        fallback: .words("the account's")),
      text(.lifetime, "TIME", "How long it is good for, like 30m, 12h or 7d.", fallback: "1h"),
    ] + keys)
  static let tokenInspect = admin(
    .tokenInspect, "Tell what a token says, and whether the server accepts it now.",
    details: ["Others on this machine can see arguments: give a token that is still good on standard input."],
    operands: [Operand("TOKEN", "The token; without it, it is read from standard input.", isOptional: true)],
    keys)

  // MARK: The whole

  static let backup = admin(
    .backup, "Copy the database into one verified file, also of a running server.",
    details: ["The secret that signs tokens is not in it: keep a copy of jwt-secret elsewhere."],
    operands: [Operand("FILE", "The file to make; it must not exist.")])
  static let restore = CommandTable(
    name: "restore", summary: "Put a backup into a data folder that has no database.",
    details: ["It is verified first, and gets a new epoch: clients do not resume into another history."],
    group: .administration, operands: [Operand("FILE", "A file that 'seatcast backup' made.")],
    flags: [
      .toggle(.verify, summary: "Only verify the file, and tell what it has."), data, config, json,
    ])

  static let migrate = CommandTable(
    name: "migrate", summary: "Move the database of a data folder into PostgreSQL, for several nodes.",
    details: [
      "No server runs meanwhile. Every row is held against the copy before anything counts; clients resume.",
      "The folder keeps its database and is marked, so that no server goes on selling from it.",
    ],
    group: .administration,
    flags: [
      text(.from, "DIR", "The data folder.", fallback: "./data"),
      text(
        .to, "URL",
        "An empty database, like postgres://user@host/seatcast; its password from PGPASSWORD or ~/.pgpass."),
      json,
    ])

  // MARK: The record of sales

  static let recordExport = CommandTable(
    name: "record export", summary: "Write the record of every sale, signed, as lines of JSON.",
    details: [
      "Also of a running server; with --store of a database that nodes share, up to the newest signed head.",
      "'seatcast verify --record' verifies it anywhere, without a server.",
    ],
    group: .administration,
    flags: [
      text(.out, "FILE", "The file to make; it must not exist. -: standard output."),
      text(
        .event, "ID", "Tell only this event's entries; of others there are hashes.", fallback: .words("all")),
      store, storeFile, data, config, json,
    ])
  static let recordHead = admin(
    .recordHead, "Sign a head that covers everything up to now, and print it.",
    details: ["Give heads to somebody else to keep: they prove later that nothing they cover was changed."])
  static let recordKey = admin(
    .recordKey, "Print the public key that signs the record.",
    details: ["Publish it, or --key is worth nothing."]
  )
  static let recordRotate = admin(
    .recordRotate, "Make another key that signs the record, signed by the one before.")

  static let doctor = CommandTable(
    name: "doctor", summary: "Check the machine and the folder for what 'serve' would meet.",
    details: ["It takes the flags of 'serve' and starts nothing. Exit status 1 when something fails."],
    group: .administration, flags: serve.flags + [json])

  // MARK: Rows that several have

  static let data = Flag.text(.data, "DIR", summary: "The server's data folder.", fallback: "./data")
  static let json = Flag.toggle(.json, summary: "Print one JSON document, for scripts.")
  private static let role = Flag(
    setting: .role, value: .choice(Role.allCases.map(\.rawValue)), variable: nil,
    summary: "The account's role.",
    fallback: "user")
  private static let after = text(.after, "NUMBER", "Begin behind this one.")
  private static let limit = text(.limit, "N", "So many at most.", fallback: "100")

  private static func text(
    _ setting: Setting, _ word: String, _ summary: String, fallback: Flag.Fallback? = nil
  ) -> Flag {
    .plain(setting, word, summary, fallback: fallback)
  }
}
