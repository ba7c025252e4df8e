import Testing

@testable import FanoutCore

@Suite struct DeflatedRunTests {
  private func compressor() -> Compressor {
    let compressor = Compressor()
    #expect(compressor.prepare())
    return compressor
  }

  @Test("the first loop compresses, the others take what it made")
  func once() {
    let (run, first, second) = (DeflatedRun(), LoopCounters(), LoopCounters())
    let notices = notices(4...9, size: 60)[...]
    let made = run.standalone(notices, compressor(), first)
    #expect(run.standalone(notices, compressor(), second) == made)
    let shared = run.shared(notices, after: [], compressor(), first)
    #expect(run.shared(notices, after: notices[0].text, compressor(), second) == shared)
    #expect(made.ends.count == 6 && shared.ends.count == 6)
    #expect(shared.bytes.count < made.bytes.count)
    #expect(first.own.framesDeflated == 12)
    #expect(second.own.framesDeflated == 0)
  }

  @Test("two variants of one run do not take each other's place")
  func variants() {
    let (run, counters) = (DeflatedRun(), LoopCounters())
    let notices = [
      Notice(seq: 1, text: Array("the same text".utf8)), Notice(seq: 2, text: Array("the same text".utf8)),
    ]
    let shared = run.shared(notices[...], after: Array("the same text".utf8), compressor(), counters)
    let standalone = run.standalone(notices[...], compressor(), counters)
    #expect(shared.ends[1] - shared.ends[0] < standalone.ends[1] - standalone.ends[0])
    #expect(shared.ends[0] < standalone.ends[0])
  }
}
