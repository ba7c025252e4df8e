import TestSupport
import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite struct ThreadOwnerTests {
  @Test("the first thread that asks is the owner, and no other")
  func first() throws {
    let owner = ThreadOwner()
    let thread = try BackgroundThread { owner.isHere && owner.isHere }
    #expect(try thread.join())
    #expect(!owner.isHere)
  }

  #if DEBUG
    @Test("a loop that another thread drives says whose it is, and ends the process")
    func loop() async {
      let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let rig = LoopRig()
        rig.turn()
        let loop = Handed(rig.loop)
        try BackgroundThread { loop.value.turn() }.join()
      }
      let sentence = "A loop is driven by its own thread; other threads post to its LoopProxy."
      #expect(said(result).contains(sentence))
    }

    @Test("a publisher that another thread uses says whose it is, and ends the process")
    func publisher() async {
      let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let publisher = Publisher(loops: [])
        publisher.publish([])
        try BackgroundThread { publisher.publish([]) }.join()
      }
      let sentence = "A publisher belongs to one thread, the one that decides the order of notices."
      #expect(said(result).contains(sentence))
    }

    private func said(_ result: ExitTest.Result?) -> String {
      String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    }
  #endif
}

/// Gives another thread what it must not have.
private final class Handed<Value>: @unchecked Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
}
