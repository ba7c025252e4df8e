// Faults that a server could have, each planted into a double of the simulation and nowhere else: the release has no switch for
// them. PlantedFaultTests.swift shows that the checker of `seatcast verify` finds each, and nothing without it.

enum PlantedFault: String, CaseIterable, Sendable {
  case syncOff = "`synchronous=OFF`: nothing is synced"
  case syncNormal = "`synchronous=NORMAL`: commits are not synced, checkpoints are"
  case announceEarly = "a change is announced before it is committed"
  case lostUndo = "after a failed commit memory is left as the batch had decided"
  case duplicateDelivery = "a notice is delivered twice"
  case silentSkip = "a notice is left out and not declared"
  case offByOne = "the count of what stands for missed notices is off by one"
  case foreignEpoch = "whoever knows another epoch is resumed all the same"
  case keptEpoch = "a restored database keeps its epoch"
  case forgottenKey = "idempotency keys are forgotten at a start"
  case expiredTwice = "the end of a hold is not stored, so it ends once more"
  case forgottenHolds = "held seats are forgotten at a start, so the capacity may go below what is sold"
  case deadlineFirst = "deadlines are judged before what has arrived is read"
  case unheededPace = "the pace that a connection asks for is not heeded"
  case reusedSeq = "the last seq before a start is given once more"

  /// What the simulation does besides, with and without the fault.
  var needsRestore: Bool { self == .foreignEpoch || self == .keptEpoch }
  var needsRepetitions: Bool { self == .forgottenKey }
  var needsFreezes: Bool { self == .deadlineFirst }
  var needsFailingCommits: Bool { self == .announceEarly || self == .lostUndo }
}

/// A fault and whether it is there: without it the same happens to a server that is right.
struct Planted: Sendable {
  let fault: PlantedFault
  let isThere: Bool

  func has(_ fault: PlantedFault) -> Bool { isThere && self.fault == fault }
}
