import Testing

@testable import ControlPlane

@Suite("Call")
struct CallTests {
  private let incidents = IncidentList()
  private let reads = StubReads()

  private func call(_ capture: String) throws -> Call {
    let request = Request(method: "GET", path: "/", ticket: ReplyTicket(high: 1, low: 2))
    return Call(
      request: request, capture: Array(capture.utf8)[...], query: Query(), reads: reads,
      events: CommittedEvents(), observer: incidents)
  }

  @Test("Event ids are positive decimal numbers in their one spelling; others name no event")
  func eventIDs() throws {
    #expect(try call("7").eventID() == EventID(7))
    for capture in ["abc", "0", "07", "-7", "7.0", "+7", " 7", "9223372036854775808", ""] {
      let problem = #expect(throws: Problem.self) { try call(capture).eventID() }
      #expect(problem?.type == .unknownEvent)
    }
  }

  @Test("Booking ids are BK- and eight characters; others name no booking")
  func bookingIDs() throws {
    #expect(try call("BK-0123ABCD").bookingID() == PublicBookingID("BK-0123ABCD"))
    for capture in ["7", "BK-", "BK-0123ABC", "BK-0123ABCDE", "BK-0123ABC!", "XX-0123ABCD"] {
      let problem = #expect(throws: Problem.self) { try call(capture).bookingID() }
      #expect(problem?.type == .unknownBooking)
    }
  }

  @Test("An event that is not there is 404")
  func unknownEvent() throws {
    let problem = #expect(throws: Problem.self) { try call("").event(EventID(1)) }
    #expect(problem?.type == .unknownEvent)
  }

  @Test("A service's outcome becomes the reply, its error the problem")
  func answers() throws {
    let answer: Answer<Int> = try call("").answer { .common(status: $0, .empty) }
    #expect(answer(.success(201)).status == 201)
    #expect(answer(.failure(.emailTaken)).problem == "email-taken")
    #expect(incidents.all.isEmpty)
    #expect(answer(.failure(.internalFailure("odd"))).status == 500)
    #expect(incidents.all == [.internalFailure("odd")])
  }
}
