import SeatcastClient
import Testing

@testable import seatcast

@Suite("RehearsalPlan")
struct RehearsalPlanTests {
  private func plan(_ words: String...) throws -> RehearsalPlan {
    guard case .rehearse(let settings) = try Invocation.parse(["rehearse"] + words, environment: [:]) else {
      throw UsageError("another command")
    }
    return try RehearsalPlan(settings)
  }

  @Test("Without flags a thousand users want half as many seats of the server on this machine")
  func defaults() throws {
    let plan = try plan()
    #expect(plan.users == 1_000 && plan.seats == 500 && plan.viewers == 50 && plan.quantity == 1)
    #expect(plan.access.server.isLoopback && plan.seconds == 60 && !plan.keeps)
  }

  @Test("Another machine needs --yes")
  func safety() throws {
    #expect(throws: UsageError.self) { try plan("--url", "https://tickets.example") }
    #expect(try plan("--url", "https://tickets.example", "--yes").access.server.host == "tickets.example")
  }

  @Test("An event that exists needs --yes, has its own seats, and must sell what is wanted")
  func existingEvent() throws {
    #expect(throws: UsageError.self) { try self.plan("--event", "7") }
    #expect(throws: UsageError.self) { try self.plan("--event", "7", "--yes", "--seats", "9") }
    let plan = try self.plan("--event", "7", "--yes", "--quantity", "2")
    #expect(plan.event == 7)
    #expect(try plan.with(event()).seats == 30)
    for wrong in [try event(status: "paused"), try event(free: 1), try event(atOnce: 1)] {
      #expect(throws: UsageError.self) { try plan.with(wrong) }
    }
    // Too many changes for the checker, which is known when the event's seats are.
    let crowd = try self.plan("--event", "7", "--yes", "--users", "50000", "--viewers", "1000")
    #expect(throws: UsageError.self) { try crowd.with(event(free: 50_000)) }
  }

  private func event(status: String = "on_sale", free: Int = 30, atOnce: Int = 10) throws -> EventDetails {
    let text =
      #"{"id":7,"name":"Gala","status":"\#(status)","seatCapacity":100000,"availableSeats":\#(free),"#
      + #""maxPerBooking":\#(atOnce),"maxPerUser":0,"seq":3}"#
    return try EventDetails(Array(text.utf8))
  }

  @Test(
    "What is out of bounds, or cannot be, is refused",
    arguments: [
      ["--users", "0"], ["--users", "50001"], ["--viewers", "10001"], ["--cancel", "101"], ["--for", "2"],
      ["--user-tokens", "x"], ["--viewers", "10000", "--users", "50000", "--seats", "50000"],
    ])
  func refuses(words: [String]) {
    #expect(throws: UsageError.self) {
      guard case .rehearse(let settings) = try Invocation.parse(["rehearse"] + words, environment: [:]) else {
        return
      }
      _ = try RehearsalPlan(settings)
    }
  }

  @Test("Users share connections where descriptors are few, and too few are told")
  func descriptors() throws {
    let plan = try plan("--users", "500", "--viewers", "100")
    #expect(try plan.connections(within: 10_000) == 500)
    #expect(try plan.connections(within: 264) == 100)
    #expect(throws: UsageError.self) { try plan.connections(within: 164) }
  }
}
