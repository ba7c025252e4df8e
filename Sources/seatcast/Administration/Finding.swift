// One line of what `seatcast doctor` tells: how it stands, about what, and a sentence that says what to do. A value.

struct Finding: Equatable, Sendable {
  enum Grade: String, Sendable {
    case ok, warn, fail
  }

  let grade: Grade
  let subject: String
  let sentence: String

  static func ok(_ subject: String, _ sentence: String) -> Finding {
    Finding(grade: .ok, subject: subject, sentence: sentence)
  }
  static func warn(_ subject: String, _ sentence: String) -> Finding {
    Finding(grade: .warn, subject: subject, sentence: sentence)
  }
  static func fail(_ subject: String, _ sentence: String) -> Finding {
    Finding(grade: .fail, subject: subject, sentence: sentence)
  }

  static func text(_ findings: [Finding]) -> String {
    let width = findings.map(\.subject.count).max() ?? 0
    return findings.map { finding in
      let grade = finding.grade.rawValue + String(repeating: " ", count: 6 - finding.grade.rawValue.count)
      let subject = finding.subject + String(repeating: " ", count: width + 2 - finding.subject.count)
      return grade + subject + LogEntry.plain(finding.sentence) + "\n"
    }.joined()
  }

  static func json(_ findings: [Finding]) -> String {
    let lines = findings.map { finding in
      "{\"grade\":\"\(finding.grade.rawValue)\",\"subject\":\(JSONText.string(finding.subject)),"
        + "\"sentence\":\(JSONText.string(finding.sentence))}"
    }
    let hasFailed = findings.contains { $0.grade == .fail }
    return "{\"ok\":\(!hasFailed),\"findings\":[\(lines.joined(separator: ","))]}\n"
  }
}
