import Testing

@testable import FanoutCore

@Suite struct HandoverTaskTests {
  @Test("a HandoverTask begins with nothing asked and nothing done")
  func begins() {
    let task = HandoverTask(loop: 3, patience: 7) { nil }
    #expect(task.step == .asked)
    #expect(task.order == .wait)
    #expect(task.connect() == nil)
  }

  @Test("the order of the leading thread and the step of the loop are seen by the other")
  func talks() {
    let task = HandoverTask(loop: 0, patience: 0) { nil }
    task.give(.pass)
    #expect(task.order == .pass)
    task.reached(.passed(count: 4, kept: 1))
    #expect(task.step == .passed(count: 4, kept: 1))
    task.give(.leave)
    task.reached(.left, late: [.end(Credential(2), at: 3)])
    #expect(task.late == [.end(Credential(2), at: 3)])
    task.give(.close)
    task.awaitClose()
  }
}
