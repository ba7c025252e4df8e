// `seatcast verify HISTORY.jsonl`: reads what clients recorded and says whether a server kept its promises. Needs no server. Exit
// status 1: a promise was broken.

enum Verify {
  static func run(_ settings: Settings) throws -> Int32 {
    guard let history = settings.operands.first else {
      throw UsageError("'seatcast verify' needs a history, or --record. Try 'seatcast verify --help'.")
    }
    if let flag = [Setting.key, .head].first(where: settings.has) {
      throw UsageError(
        "--\(flag.rawValue) says how a record is verified; a history has neither key nor head.")
    }
    let report = try judge(
      history, notices: settings.text(.notices), searches: settings.has(.search))
    if let path = try settings.text(.picture), let first = report.counterexamples.first {
      try SmallFile.write(first.svg(), to: path)
    }
    StandardOutput.write(settings.has(.json) ? report.json : report.text(.standardOutput))
    return report.verdict.isConsistent ? 0 : AdminError.refused
  }

  /// - Parameter notices: a file with the server's log, in addition to what the history has of it.
  static func judge(
    _ history: String, notices: String?, searches: Bool
  ) throws(AdminError) -> VerifyReport {
    var (index, count) = (HistoryIndex(), 0)
    try HistoryFile.read(history) { line, number throws(HistoryFault) in
      try index.take(line, number: number)
      count += 1
    }
    guard count > 0 else { throw AdminError("\(history) is empty.", status: AdminError.badData) }
    if let notices {
      try HistoryFile.read(notices) { line, number throws(HistoryFault) in
        guard let told = try HistoryParser.notice(line) else { return }
        // Its lines are those of another file.
        try index.take(.notice(told), number: 0)
      }
    }
    let (verdict, counterexamples) = Checker.judge(index, searches: searches)
    return VerifyReport(verdict: verdict, counterexamples: counterexamples, lines: count)
  }
}
