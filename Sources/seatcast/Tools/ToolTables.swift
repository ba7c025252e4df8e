// The commands for anybody, clients of a server and `verify`: what each takes, for the parser and for `--help`. Pure.

extension CommandTable {
  static let tools = [listen, top, rehearse, verify]

  static let url = Flag.text(
    .url, "URL", summary: "The server, like https://tickets.example.", fallback: .value(ToolAccess.localURL))
  private static let authorities = Flag.text(
    .authorities, "FILE", summary: "PEM file of the authorities to trust.", fallback: .words("the system's"))
  private static func tokenFile(_ whose: String, fallback: Flag.Fallback? = nil) -> Flag {
    .text(
      .tokenFile, "FILE", summary: "File with \(whose); it is read whenever a token is needed.",
      fallback: fallback)
  }

  static let listen = CommandTable(
    name: "listen", summary: "Print what happens to an event, as it happens.",
    details: [
      "Colours on a terminal, unless NO_COLOR is set; elsewhere the server's messages, one JSON object a line.",
      "It goes on over lost connections until Ctrl-C. Exit status 1: refused, or there is no such event.",
    ],
    group: .tools,
    flags: [
      .plain(.event, "ID", "The event's number."), url,
      tokenFile("a token", fallback: .words("none, to watch anonymously where the server allows it")),
      authorities,
      .toggle(.json, summary: "JSON lines also on a terminal."),
    ])

  static let top = CommandTable(
    name: "top", summary: "Show what a server does: connections, rates, times, the most watched events.",
    details: [
      "A table on a terminal; q leaves. Elsewhere one JSON object per interval, with rates per second."
    ],
    group: .tools,
    flags: [
      url, tokenFile("an administrator's token"), authorities,
      .plain(.every, "TIME", "The interval, like 1s or 1m.", fallback: "2s"),
      .toggle(.json, summary: "JSON lines also on a terminal."),
    ])
}

extension CommandTable {
  static let rehearse = CommandTable(
    name: "rehearse", summary: "Rehearse a rush on your own server, and check that it kept its promises.",
    details: [
      "Makes an event that says what it is and users who have no account, lets the users book while viewers",
      "watch, checks every answer and every count against the server's log, and cancels the event. With --event it is",
      "an event that exists, and what was booked there is cancelled.",
      "Exit status 1: a promise was broken. Needs the server's data folder, or tokens in files.",
    ],
    group: .tools,
    flags: [
      url, .plain(.users, "N", "Users who want seats.", fallback: "1000"),
      .plain(.seats, "N", "Seats of the event.", fallback: .words("half as many as users")),
      .plain(
        .event, "ID", "An event that exists, as it is; needs --yes, because its seats are taken for a while.",
        fallback: .words("one is made")),
      .plain(.viewers, "N", "Connections that watch.", fallback: "50"),
      .plain(.quantity, "N", "Seats that each user wants.", fallback: "1"),
      .plain(.rate, "N", "Users that come per second; 0: all at once.", fallback: "0"),
      .plain(
        .duration, "TIME", "How long users try again when the server is busy, like 30s.", fallback: "60s"),
      .plain(.cancellations, "PERCENT", "Users in a hundred that give their seats back.", fallback: "0"),
      .toggle(.json, summary: "Print one JSON document, for scripts."),
      .plain(.chart, "FILE", "Also draw the curve as an SVG picture into this file."),
      .plain(
        .history, "FILE", "Also keep all that was asked and told, for 'seatcast verify', in this file."),
      .toggle(.keep, summary: "Leave the event and its bookings at the end."),
      .toggle(.yes, summary: "Rehearse on another machine than this, or with an event that exists."),
      .text(
        .data, "DIR", summary: "The server's data folder, whose owner may make users' tokens.",
        fallback: "./data"),
      .text(
        .tokenFile, "FILE", summary: "File with an administrator's token.", fallback: .words("one is made")),
      .plain(
        .userTokens, "FILE", "File with users' tokens, one a line, for servers that are elsewhere.",
        fallback: .words("they are made")),
      .text(
        .authorities, "FILE", summary: "PEM file of the authorities to trust.",
        fallback: .words("the system's")),
    ])
}

extension CommandTable {
  static let verify = CommandTable(
    name: "verify", summary: "Check from a history, or from a signed record, that promises were kept.",
    details: [
      "FILE is a history (docs/VERIFY.md): requests, answers, what viewers were told. With the server's log as",
      "witness every answer and every count is held against it; without, what all clients were told is put together,",
      "and windows of it are searched for an order that explains every answer.",
      "With --record it is a signed record (docs/RECORD.md) instead: its chain, its signature, and that nothing was",
      "oversold, no seat was sold twice, and nobody jumped the queue. Neither needs a server or a database.",
      "Exit status 1: a promise was broken, or the record is not good; 65: the file is no history.",
    ],
    group: .tools,
    operands: [
      Operand(
        "FILE", "The history, one JSON object a line; - is standard input. Not with --record.",
        isOptional: true)
    ],
    flags: [
      .plain(.notices, "FILE", "The server's log as witness: notices or entries of the feed, one a line."),
      .toggle(.search, summary: "Search for a legal order also where there is a witness."),
      .plain(.picture, "FILE", "Draw the first window without a legal order into this file, as SVG."),
      .plain(.record, "FILE", "What 'seatcast record export' wrote; - is standard input."),
      .plain(
        .key, "FILE", "With --record: PEM file of the public key that is trusted.",
        fallback: .words("the one that the record names")),
      .plain(
        .head, "FILE", "With --record: heads that somebody kept; the record must be of their history.",
        fallback: .words("none")),
      .toggle(.json, summary: "Print one JSON document, for scripts."),
    ])
}
