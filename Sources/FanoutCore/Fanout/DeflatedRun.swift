// The frames of one run for connections that agreed on compression (docs/decisions/0036). The first loop that has readers
// for them makes them, for all loops; a run that nobody wants compressed costs its empty box.
import Synchronization

/// The compressed frames of one run, made when they are wanted. Shared by the parcels of all loops; any thread.
final class DeflatedRun: Sendable {
  private struct Made {
    var standalone: EncodedFrames?
    var shared: EncodedFrames?
  }

  /// Held while one loop compresses: another that wants the same frames would do that very work meanwhile.
  private let made = Mutex(Made())

  init() {}

  /// Frames that stand alone.
  func standalone(
    _ notices: ArraySlice<Notice>, _ compressor: Compressor, _ counters: LoopCounters
  ) -> EncodedFrames {
    made.withLock { made in
      if let frames = made.standalone { return frames }
      counters.own.framesDeflated += notices.count
      let frames = EncodedFrames(notices) { compressor.appendStandalone($0, to: &$1) }
      made.standalone = frames
      return frames
    }
  }

  /// Frames that refer to the notice before each.
  /// - Parameter previous: the text before the first notice; of no bytes: this loop does not have it, so that none of its
  ///   subscribers has either.
  func shared(
    _ notices: ArraySlice<Notice>, after previous: [UInt8], _ compressor: Compressor, _ counters: LoopCounters
  ) -> EncodedFrames {
    made.withLock { made in
      if let frames = made.shared { return frames }
      counters.own.framesDeflated += notices.count
      var previous = previous
      let frames = EncodedFrames(notices) {
        compressor.appendShared($0, after: previous, to: &$1)
        previous = $0
      }
      made.shared = frames
      return frames
    }
  }
}
