import Testing

@testable import FanoutCore

@Suite struct LimitsTests {
  @Test("the limits as they come hold together")
  func defaults() throws {
    #expect(try Limits().checked() == Limits())
  }

  struct Relation: Sendable, CustomTestStringConvertible {
    let name: String
    let spoil: @Sendable (inout Limits) -> Void
    var testDescription: String { name }
    init(_ name: String, _ spoil: @escaping @Sendable (inout Limits) -> Void) {
      (self.name, self.spoil) = (name, spoil)
    }
  }

  static let relations = [
    Relation("requestLineBytes") { $0.requestLineBytes = $0.headBytes },
    Relation("readAheadBytes") { $0.readAheadBytes = $0.headBytes - 1 },
    Relation("pullFrames") { $0.pullFrames = $0.logFrames + 1 },
    Relation("pullBytes") { $0.pullBytes = $0.logBytes + 1 },
    Relation("logBytesPerLoop") { $0.logBytesPerLoop = $0.logBytes - 1 },
    Relation("cohortSubscribers") { $0.cohortSubscribers = 0 },
    Relation("cohortSubscribers") { $0.cohortSubscribers = 65_537 },
    Relation("mailboxParcels") { $0.mailboxParcels = 1 },
    Relation("mailboxParcels") { $0.mailboxParcels = 1000 },
    Relation("connectionsPerLoop") { $0.connectionsPerLoop = 0 },
    Relation("connectionsPerLoop") { $0.connectionsPerLoop = Int(UInt32.max) },
    Relation("acceptsPerTurn") { $0.acceptsPerTurn = 0 },
    Relation("acceptsPerTurn") { $0.acceptsPerTurn = 65_537 },
    Relation("unsentBytes") { $0.unsentBytes = 0 },
    Relation("unsentBytes") { $0.unsentBytes = 1 << 31 },
    Relation("subscriptionsPerConnection") { $0.subscriptionsPerConnection = 65_536 },
    Relation("anonymousSubscriptions") { $0.anonymousSubscriptions = 0 },
    Relation("outboxBytes") { $0.outboxBytes = 4095 },
    Relation("recallNotices") { $0.recallNotices = 0 },
    Relation("messagesPerTurn") { $0.messagesPerTurn = 0 },
    Relation("requestsPerTurn") { $0.requestsPerTurn = 0 },
    Relation("outputBytesPerLoop") { $0.outputBytesPerLoop = 4 * $0.outboxBytes - 1 },
    Relation("descriptors") { $0.reservedDescriptors = -1 },
    Relation("reservedRequestTimeout") { $0.reservedRequestTimeout = $0.tick - 1 },
    Relation("tick") { $0.tick = 0 },
    Relation("tick") { $0.tick = $0.headTimeout / 10 + 1 },
    Relation("tick") { $0.tick = .max },
    Relation("timeouts") { $0.stallTimeout = $0.tick - 1 },
    Relation("timeouts") { $0.closeTimeout = $0.tick - 1 },
    Relation("lastLinger") { $0.lastLinger = $0.closeTimeout + 1 },
  ]

  @Test("each relation is checked, and the sentence names what is broken", arguments: relations)
  func relation(_ relation: Relation) {
    var limits = Limits()
    relation.spoil(&limits)
    let failure = #expect(throws: LimitError.self) { try limits.checked() }
    #expect(failure?.description.contains(relation.name) == true)
  }
}
