import Testing

@testable import FanoutCore

@Suite("HTTP failures")
struct HTTPFailureTests {
  @Test("A failure is answered with a problem document")
  func problem() {
    let response = HTTPFailure(status: 414, sentence: "The request line is too long.").response()
    #expect(response.status == 414)
    #expect(response.fields.map(\.name) == ["Content-Type", "Cache-Control", "Content-Security-Policy"])
    #expect(response.fields[0].value == "application/problem+json")
    #expect(
      text(response.body)
        == #"{"type":"about:blank","title":"URI Too Long","status":414,"detail":"The request line is too long."}"#
    )
  }

  @Test("Further fields follow")
  func fields() {
    let response = HTTPFailure.badRequest("No.").response(fields: [("Allow", "GET")])
    #expect(response.fields.map(\.name).last == "Allow" && response.fields.count == 4)
  }
}
