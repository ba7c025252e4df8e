// A server that tests need beside ours (PostgreSQL, NATS, haproxy): started in a folder of its own, frozen, killed with all of its
// children, and started again.
import Glibc

/// One program at a time; none before `start` and after an end.
public final class ServiceProcess: Sendable {
  private let name: String
  /// The program and its arguments.
  private let words: [String]
  private let process = Guarded<ChildProcess?>(nil)

  /// - Parameter words: the program and its arguments. A program in front must exec the one behind it.
  public init(_ name: String, _ words: [String]) { (self.name, self.words) = (name, words) }

  deinit { end() }

  public var identifier: Int32? { process.withLock { $0?.identifier } }
  public var standardError: String { process.withLock { $0?.standardError } ?? "" }

  /// Starts it, and waits until it is ready. Tries again while it ends at once, as it does when its port or what the former process
  /// had is not free yet.
  public func start(within patience: Duration = .seconds(60), until isReady: (ChildProcess) throws -> Bool)
    throws
  {
    let deadline = Deadline(patience)
    while true {
      let child = try ChildProcess(words[0], Array(words[1...]))
      process.withLock { $0 = child }
      while child.poll() == nil {
        if try isReady(child) { return }
        if deadline.hasPassed { throw TestFailure("\(name) is not ready in time: \(child.standardError)") }
        pause(milliseconds: 10)
      }
      try child.waitForOutput()
      if deadline.hasPassed { throw TestFailure("\(name) does not start: \(child.standardError)") }
      pause(milliseconds: 100)
    }
  }

  /// Sends a signal (SIGTERM unless another is named) to the process alone, and waits for its end.
  @discardableResult
  public func stop(_ signal: Int32? = nil, within patience: Duration = .seconds(30)) throws -> ExitStatus? {
    guard let child = process.withLock({ $0 }) else { return nil }
    child.signal(signal ?? SIGTERM)
    child.signal(SIGCONT)
    let ended = try child.wait(within: patience)
    process.withLock { $0 = nil }
    return ended
  }

  /// Kills it and its children, all at once as far as that goes: the parent first, which could start others.
  public func kill9() throws {
    signalAll(SIGKILL)
    try stop(SIGKILL)
  }

  /// It and its children do nothing until `thaw`.
  public func freeze() { signalAll(SIGSTOP) }
  public func thaw() { signalAll(SIGCONT) }

  private func signalAll(_ number: Int32) {
    guard let parent = identifier else { return }
    let children = childProcesses(of: parent)
    for each in [parent] + children { _ = kill(each, number) }
  }

  private func end() {
    if (try? stop(SIGQUIT, within: .seconds(5))) == nil { try? kill9() }
  }
}

/// The processes whose parent is this one, by /proc.
public func childProcesses(of parent: Int32) -> [Int32] {
  names(in: "/proc").compactMap { Int32($0) }.filter { child in
    let text = String(decoding: contents(of: "/proc/\(child)/stat") ?? [], as: UTF8.self)
    // The name in parentheses may have anything in it.
    guard let end = text.lastIndex(of: ")") else { return false }
    let fields = text[end...].split(separator: " ")
    return fields.count > 2 && Int32(fields[2]) == parent
  }
}
