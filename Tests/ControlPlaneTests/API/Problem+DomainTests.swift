import Testing

@testable import ControlPlane

@Suite("Problem+Domain")
struct ProblemDomainTests {
  private static let moment = Instant(milliseconds: 1_731_321_000_000)

  @Test(
    "Each domain error is one problem",
    arguments: [
      (.soldOut(available: 1, requested: 2), .soldOut, 409), (.notOpenYet(opensAt: moment), .notOpenYet, 409),
      (.closed(closesAt: moment), .salesClosed, 409), (.closed(closesAt: nil), .salesClosed, 409),
      (.eventCancelled, .eventCancelled, 409),
      (.perUserLimit(limit: 4, booked: 3, requested: 2), .perUserLimit, 409),
      (.quantityLimit(limit: 4, requested: 5), .quantityLimit, 409),
      (.idempotencyMismatch, .idempotencyMismatch, 422), (.unknownBooking, .unknownBooking, 404),
      (.unknownEvent, .unknownEvent, 404),
      (.capacityBelowSold(sold: 3, held: 1), .capacityBelowSold, 409),
      (.eventHasBookings, .eventHasBookings, 409),
      (.versionMismatch(current: EventTag(version: 2, seq: 3)), .preconditionFailed, 412),
      (.salesWindowInverted, .validationFailed, 422), (.emailTaken, .emailTaken, 409),
      (.unknownUser, .unknownUser, 404), (.wrongCredentials, .wrongCredentials, 401),
      (.storageUnavailable, .storageUnavailable, 503), (.overloaded, .overloaded, 503),
      (.internalFailure("secret detail"), .internalError, 500),
    ] as [(DomainError, ProblemType, Int)])
  func table(error: DomainError, type: ProblemType, status: Int) {
    let problem = Problem(error)
    #expect(problem.type == type)
    #expect(problem.reply.status == status)
    #expect(!problem.detail.isEmpty)
    #expect(!String(decoding: problem.reply.body, as: UTF8.self).contains("secret"))
  }

  @Test("Refusals carry the numbers that they are about")
  func numbers() {
    #expect(
      Problem(DomainError.soldOut(available: 1, requested: 2)).members == [
        .init("available", .integer(1)), .init("requested", .integer(2)),
      ])
    #expect(
      Problem(DomainError.capacityBelowSold(sold: 3, held: 1)).members == [
        .init("sold", .integer(3)), .init("held", .integer(1)),
      ])
    #expect(
      Problem(DomainError.notOpenYet(opensAt: Self.moment)).members == [
        .init("opensAt", .moment(Self.moment))
      ])
    #expect(
      Problem(DomainError.closed(closesAt: Self.moment)).members == [.init("closesAt", .moment(Self.moment))])
    #expect(Problem(DomainError.salesWindowInverted).errors.map(\.pointer.text) == ["/closesAt"])
  }

  @Test("Fields say when to come again, how to log in, and which tag is current")
  func fields() {
    #expect(Problem(DomainError.overloaded).fields == [.init(name: "retry-after", value: "1")])
    #expect(Problem(DomainError.storageUnavailable).fields == [.init(name: "retry-after", value: "1")])
    #expect(
      Problem(DomainError.wrongCredentials).fields
        == [.init(name: "www-authenticate", value: "Bearer realm=\"seatcast\"")])
    #expect(
      Problem(DomainError.versionMismatch(current: EventTag(version: 2, seq: 3))).fields
        == [.init(name: "etag", value: "\"2.3\"")])
  }
}
