import FanoutCore
import Testing

@testable import seatcast

@Suite("Answers of the executable")
struct AnswersTests {
  @Test("A refusal is a problem document")
  func problem() {
    let answer = Answers.problem(404, "not-found", title: "Not found", fields: [(name: "X", value: "y")])
    #expect(answer.status == 404)
    #expect(answer.value("Content-Type") == "application/problem+json")
    #expect(answer.value("X-Content-Type-Options") == "nosniff")
    #expect(answer.value("X") == "y")
    #expect(
      answer.text == #"{"type":"\#(Answers.problemBase)not-found","title":"Not found","status":404}"#)
  }

  @Test("A full queue is a 503 that says when to come again")
  func overloaded() {
    #expect(Answers.overloaded.status == 503)
    #expect(Answers.overloaded.value("Retry-After") == "1")
  }
}
