import TestSupport
import Testing

@testable import FanoutCore

@Suite struct CohortTests {
  @Test("members are added at the end, and a leave moves the last one into the gap")
  func swapsWithLast() {
    var cohort = Cohort(cursor: 3)
    for number in UInt32(0)..<4 {
      #expect(cohort.add(SubscriptionIndex(number), descriptor: Int32(number) + 10) == number)
    }
    #expect(cohort.remove(at: 1) == SubscriptionIndex(3))
    #expect(cohort.members.map(\.rawValue) == [0, 3, 2])
    #expect(cohort.descriptors == [10, 13, 12])
    #expect(cohort.remove(at: 2) == nil)
    #expect(cohort.remove(at: 0) == SubscriptionIndex(3))
    #expect(cohort.remove(at: 0) == nil)
    #expect(cohort.count == 0)
    #expect(cohort.descriptors.isEmpty)
  }

  @Test("both arrays stay in step under random joins and leaves", arguments: 1...10)
  func random(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var cohort = Cohort(cursor: 0)
    var present: Set<UInt32> = []
    for number in UInt32(0)..<300 {
      if cohort.count > 0, Bool.random(using: &random) {
        let position = Int.random(in: 0..<cohort.count, using: &random)
        let (leaving, last) = (cohort.members[position], cohort.members[cohort.count - 1])
        let moved = cohort.remove(at: UInt32(position))
        #expect(moved == (last == leaving ? nil : last))
        present.remove(leaving.rawValue)
      } else {
        _ = cohort.add(SubscriptionIndex(number), descriptor: Int32(number) * 2)
        present.insert(number)
      }
      #expect(Set(cohort.members.map(\.rawValue)) == present)
      #expect(zip(cohort.members, cohort.descriptors).allSatisfy { Int32($0.rawValue) * 2 == $1 })
    }
  }
}
