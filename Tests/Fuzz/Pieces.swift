// Shared by the fuzz targets (script/fuzz): how an input is cut, fixed by the input's own first bytes so that a
// crash repeats itself.

/// A small generator, seeded by the input.
struct Cutter {
  private var state: UInt64

  init(seed: UInt64) { state = seed | 1 }

  /// A length between 1 and 32, small ones more often.
  mutating func next() -> Int {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return 1 + Int(state % (state & 0x100 == 0 ? 4 : 32))
  }
}

/// Stops the fuzzer with a sentence when `condition` does not hold.
func require(_ condition: Bool, _ sentence: @autoclosure () -> String) {
  if !condition { fatalError(sentence()) }
}
