// `seatcast verify` on files, and its report.
import TestSupport
import Testing

@testable import seatcast

@Suite("Verify")
struct VerifyTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func file(_ name: String, _ lines: [String]) throws -> String {
    let path = folder.path + "/" + name
    try SmallFile.write(lines.joined(separator: "\n") + "\n", to: path)
    return path
  }

  private func run(_ words: String...) throws -> Int32 {
    guard case .verify(let settings) = try Invocation.parse(["verify"] + words, environment: [:]) else {
      throw TestFailure("not parsed as verify")
    }
    return try Verify.run(settings)
  }

  @Test("A right history has the status 0 and a broken one 1, with a picture of what no order explains")
  func status() throws {
    #expect(try run(file("right", rightHistory), "--json") == 0)
    // Dora is refused 4 seats, and nobody can have taken any of the 10.
    let broken =
      Array(rightHistory[..<2]) + [
        #"{"kind":"request","at":1,"request":1,"client":"dora","act":"book","eventId":1,"quantity":4}"#,
        #"{"kind":"answer","at":2,"request":1,"status":409,"body":{"type":"urn:seatcast:problem:sold-out","available":3}}"#,
      ]
    let picture = folder.path + "/picture.svg"
    #expect(try run(file("broken", broken), "--picture", picture) == 1)
    #expect(String(decoding: contents(of: picture) ?? [], as: UTF8.self).hasPrefix("<svg "))
  }

  @Test("The witness may be a file of its own")
  func notices() throws {
    let isNotice: (String) -> Bool = { $0.contains(#""kind":"notice""#) }
    let history = try file("history", rightHistory.filter { !isNotice($0) })
    let bare = rightHistory.filter(isNotice).map {
      String($0.dropFirst(#"{"kind":"notice","notice":"#.count).dropLast())
    }
    let report = try Verify.judge(history, notices: file("notices", bare), searches: false)
    #expect(report.verdict.isConsistent && report.verdict.checkedNotices == 5, "\(report.verdict.broken)")
    let short = try Verify.judge(history, notices: file("short", Array(bare.dropLast())), searches: false)
    #expect(Set(short.verdict.broken.map(\.rule)) == [.atomic, .standing])
  }

  @Test("What is no history is told with the number of its line, and has the status of bad data")
  func unusable() throws {
    let files = [
      (["{"], "Line 1 of "), (Array(rightHistory[..<3]) + ["", "[]"], "Line 5 of "), ([], "is empty"),
    ]
    for (place, (lines, sentence)) in files.enumerated() {
      let path = try file("\(place)", lines)
      #expect { try run(path) } throws: {
        guard let error = $0 as? AdminError else { return false }
        return error.exitStatus == AdminError.badData && error.description.contains(sentence)
      }
    }
    #expect { try run(folder.path + "/none") } throws: { "\($0)".contains("cannot be read") }
    #expect(throws: UsageError.self) { try run() }
  }

  @Test("A line may come in any pieces, and none may be endless")
  func pieces() throws {
    var (cutter, lines): (LineCutter, [String]) = (LineCutter(), [])
    func take(_ bytes: [UInt8], _ number: Int) throws(HistoryFault) {
      lines.append("\(number) \(String(decoding: bytes, as: UTF8.self))")
    }
    for byte in Array("ab\n\n c\nd".utf8) { try cutter.take([byte], take) }
    try cutter.finish(take)
    #expect(lines == ["1 ab", "3  c", "4 d"])
    #expect(throws: HistoryFault.self) {
      try cutter.take([UInt8](repeating: 97, count: HistoryFile.longestLine + 1)[...], take)
    }
  }

  @Test("The report names rules, evidence and lines, and a table at the end")
  func report() throws {
    var verdict = Verdict()
    for number in 1...12 { verdict.report(.order, "evidence \(number)", lines: [number, 20]) }
    (verdict.checkedAttempts, verdict.checkedEvents, verdict.windows.undecided) = (12_345, 2, 3)
    let report = VerifyReport(verdict: verdict, counterexamples: [], lines: 99)
    let text = report.text(.plain)
    #expect(
      text.contains("BROKEN order: not so: ")
        && text.contains("  evidence 10\n    lines 10, 20\n  and 2 more\n"))
    #expect(
      text.contains("answers           12,345\n")
        && text.contains("3 windows, 0 without a legal order, 3 not decided"))
    let json = try JSON(parsing: Array(report.json.utf8))
    #expect(
      json["consistent"] == false && json["broken"]?[0]?["count"] == 12 && json["windows"]?["undecided"] == 3)
    #expect(json["broken"]?[0]?["violations"]?[0]?["lines"]?[1] == 20)
  }

  @Test("Names from a history cannot control a terminal")
  func harmless() {
    var verdict = Verdict()
    verdict.report(.order, "client \u{1B}[2J", lines: [1])
    let step = SearchStep(
      name: "\u{1B}[2J", act: "cancel \u{7}", sentAt: 0, answeredAt: 1, effect: .reads, isOptional: false)
    let found = Counterexample(event: 1, steps: [step], order: [])
    let text = VerifyReport(verdict: verdict, counterexamples: [found], lines: 1).text(.plain)
    #expect(text.contains("client \u{FFFD}[2J") && text.contains("cancel \u{FFFD}"))
    for control: UInt8 in [0x1B, 0x07] {
      #expect(!text.utf8.contains(control) && !found.svg().utf8.contains(control))
    }
  }

  @Test("What is recorded is judged, and stands in the file for another judgement")
  func recorded() throws {
    let path = folder.path + "/recorded"
    let recorder = try HistoryRecorder(path: path, by: "tests")
    let request = recorder.ask { id in
      var request = HistoryRequest(id, at: HistoryRecorder.now, client: "c", .read)
      request.event = 1
      return request
    }
    recorder.answer(
      to: request, at: HistoryRecorder.now, status: 200,
      body: Array(#"{"id":1,"seq":4,"availableSeats":3,"seatCapacity":3}"#.utf8))
    let connection = recorder.open(client: "v")
    recorder.hear(
      connection, at: HistoryRecorder.now,
      Array(
        #"{"type":"connection_established","eventId":1,"seq":4,"epoch":"e","availableSeats":2,"seatCapacity":3}"#
          .utf8))
    recorder.close(connection)
    let own = try recorder.judge().verdict
    #expect(Set(own.broken.map(\.rule)) == [.atomic] && recorder.hasFile)
    #expect(try Verify.judge(path, notices: nil, searches: false).verdict == own)
    #expect(throws: AdminError.self) { try HistoryRecorder(path: folder.path + "/no/where", by: "tests") }
  }

  @Test("A file that cannot be written whole is told")
  func full() throws {
    guard let recorder = try? HistoryRecorder(path: "/dev/full", by: "tests") else { return }
    #expect { try recorder.judge() } throws: { "\($0)".contains("cannot be written") }
  }
}
