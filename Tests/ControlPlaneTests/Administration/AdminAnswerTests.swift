import Testing

@testable import ControlPlane

@Suite("Administration's lines")
struct AdminAnswerTests {
  @Test("a request is one line, whatever is in it")
  func request() {
    let request = AdminRequest(.eventCreate, [("name", .text("a\n\"b\"")), ("seatCapacity", .number(-3))])
    #expect(
      String(decoding: request.line, as: UTF8.self)
        == #"{"command":"event create","name":"a\n\"b\"","seatCapacity":-3}"#)
  }

  @Test(
    "an answer reads back as it was",
    arguments: [
      AdminAnswer(.done(json: Array(#"{"a":[1,{"b":"\n"}]}"#.utf8), text: "A  B\n1  2\n")),
      AdminAnswer(.failed(.init(.data, "It \"cannot\" be."))),
      AdminAnswer(.failed(.init(.unavailable, "Not now."))),
    ])
  func roundTrip(answer: AdminAnswer) {
    #expect(!answer.line.contains(UInt8(ascii: "\n")))
    #expect(AdminAnswer(line: answer.line) == answer)
  }

  @Test(
    "what is no answer is none",
    arguments: ["", "{}", #"{"ok":1}"#, #"{"ok":true}"#, #"{"ok":false,"kind":"x","error":"y"}"#])
  func nonsense(line: String) {
    #expect(AdminAnswer(line: Array(line.utf8)) == nil)
  }

  @Test("a problem becomes one sentence and a kind")
  func problems() {
    #expect(
      AdminAnswer.Failure(Problem(DomainError.unknownEvent)) == .init(.refused, "There is no such event."))
    #expect(AdminAnswer.Failure(Problem(DomainError.storageUnavailable)).kind == .unavailable)
    let invalid = Problem(
      .validationFailed, "1 field is invalid.",
      errors: [.init(pointer: .root.appending("name"), detail: "is required")])
    #expect(AdminAnswer.Failure(invalid) == .init(.data, "name is required."))
  }
}
