// The control hall's one public entry: requests, watches and tokens come in here; answers and notices leave
// through the two sinks. Every function may be called from any thread and never blocks on disk.

public final class FrontDesk: Sendable {
  public enum Threads: Sendable {
    /// Workers, hashers and the ledger run on threads of the hall.
    case own
    /// Simulation: nothing runs until `pump()`, which runs on the caller's thread.
    case inline
  }
}
