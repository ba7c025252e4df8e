import Testing

@testable import SeatcastClient

@Suite("ClientError")
struct ClientErrorTests {
  @Test("A problem document becomes a problem; without one the status tells")
  func problems() {
    let sold = HTTPResponseMessage(
      status: 409, minorVersion: 1, fields: [("retry-after", "3")],
      body: Array(
        #"{"type":"urn:seatcast:problem:sold-out","title":"Sold out","status":409,"detail":"None left.","available":0}"#
          .utf8))
    let problem = Problem(sold)
    #expect(problem.kind == "sold-out" && problem.retryAfter == 3 && problem.available == 0)
    #expect(ClientError.refused(problem).description == "None left.")
    let bare = Problem(HTTPResponseMessage(status: 503, minorVersion: 1, fields: [], body: []))
    #expect(bare.kind.isEmpty && bare.description == "Service Unavailable (503).")
  }
}
