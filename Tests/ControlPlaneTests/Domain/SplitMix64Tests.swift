import Testing

@testable import ControlPlane

@Suite("SplitMix64")
struct SplitMix64Tests {
  @Test("gives the first numbers of the published generator for its state 1234567")
  func reference() {
    let states = (1...3).map { 1_234_567 &+ UInt64($0) &* SplitMix64.step }
    #expect(
      states.map(SplitMix64.mixed) == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
      ])
  }

  @Test("neighbours differ in about half of their bits")
  func spreading() {
    let changed = (0..<1_000).map { word in
      (SplitMix64.mixed(UInt64(word)) ^ SplitMix64.mixed(UInt64(word + 1))).nonzeroBitCount
    }
    #expect((30_000...34_000).contains(changed.reduce(0, +)))
  }
}
