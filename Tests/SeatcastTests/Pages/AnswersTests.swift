import Testing

@testable import FanoutCore
@testable import seatcast

@Suite("Answers of the executable")
struct AnswersTests {
  @Test("A refusal is a problem document")
  func problem() {
    let answer = Answers.problem(404, "not-found", title: "Not found", fields: [(name: "X", value: "y")])
    #expect(answer.status == 404)
    #expect(answer.value("Content-Type") == "application/problem+json")
    #expect(answer.value("Content-Security-Policy") == "default-src 'none'; frame-ancestors 'none'")
    #expect(answer.value("X") == "y")
    #expect(
      answer.text == #"{"type":"\#(Answers.problemBase)not-found","title":"Not found","status":404}"#)
  }

  @Test("Every answer has the security fields, HSTS only behind TLS (RFC 6797, section 7.2)")
  func commonLines() {
    let plain = String(decoding: Answers.commonLines(isSecure: false), as: UTF8.self)
    for name in ["X-Content-Type-Options: nosniff", "Referrer-Policy", "Cross-Origin-Resource-Policy"] {
      #expect(plain.contains(name))
    }
    #expect(!plain.contains("Strict-Transport-Security"))
    let secure = String(decoding: Answers.commonLines(isSecure: true), as: UTF8.self)
    #expect(secure == plain + "Strict-Transport-Security: max-age=15552000\r\n")
  }

  @Test("A full queue is a 503 that says when to come again")
  func overloaded() {
    #expect(Answers.overloaded.status == 503)
    #expect(Answers.overloaded.value("Retry-After") == "1")
  }

  @Test("A problem tells the name of its request; nothing else is touched")
  func named() {
    let id = RequestID(number: 0xF)
    let problem = Answers.named(Answers.problem(404, "not-found", title: "Not found"), id)
    #expect(problem.text.hasSuffix(#","status":404,"requestId":"000000000000000f"}"#))
    let text = Answers.text(503, "not ready: {}")
    #expect(Answers.named(text, id).text == text.text)
    let json = HTTPResponse(
      status: 400, fields: [("Content-Type", "application/json")], body: Array("{}".utf8))
    #expect(Answers.named(json, id).text == "{}")
  }
}
