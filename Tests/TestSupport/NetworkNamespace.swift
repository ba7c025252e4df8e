// A network of a test's own: a namespace for its thread and whatever it starts, and a second one, "the other host", joined to it by
// links that can be cut and slowed down. Needs root and ip(8); slow links need tc(8) and the kernel's netem.
import Glibc

public enum NetworkNamespace {
  /// Whether this machine lets a test have one.
  public static let isAllowed: Bool = {
    let script = "ip link set lo up && ip link add v0 type veth peer name v1"
    return (try? TestSupport.run("unshare", ["-n", "sh", "-c", script]).status) == .exited(0)
  }()

  /// Whether links can be slowed down.
  public static let hasNetem: Bool = {
    let script = "ip link set lo up && tc qdisc add dev lo root netem delay 1ms"
    return (try? TestSupport.run("unshare", ["-n", "sh", "-c", script]).status) == .exited(0)
  }()

  /// Runs the body on a thread of its own in a new namespace with a loopback; what it starts, threads and programs, is there as well.
  public static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
    try BackgroundThread {
      // Swift does not see unshare(2).
      typealias Unshare = @convention(c) (Int32) -> Int32
      guard let symbol = unsafe dlsym(nil, "unshare") else { throw TestFailure("no unshare(2)") }
      let unshare = unsafe unsafeBitCast(symbol, to: Unshare.self)
      guard unshare(0x4000_0000) == 0 else { throw TestFailure("no namespace: errno \(errno)") }
      try ip("link", "set", "lo", "up")
      return try body()
    }.join()
  }
}

/// A namespace beside the calling thread's, with a link of its own for each node. Gone with its process.
public final class OtherHost: Sendable {
  private let process: ChildProcess

  /// In front of a program that is to run there.
  public var wrapper: [String] { ["nsenter", "-t", String(process.identifier), "-n"] }

  /// - Parameter links: how many, counted from 0.
  public init(links: Int) throws {
    process = try ChildProcess("unshare", ["-n", "sleep", "infinity"])
    let pid = String(process.identifier)
    // The child begins in the thread's own namespace.
    let own = namespace(of: "thread-self")
    try eventually("the namespace is there") { namespace(of: pid) != own }
    try inside(["ip", "link", "set", "lo", "up"])
    for number in 0..<links {
      try ip("link", "add", "near\(number)", "type", "veth", "peer", "name", "far\(number)", "netns", pid)
      try ip("addr", "add", "10.77.\(number).1/24", "dev", "near\(number)")
      try ip("link", "set", "near\(number)", "up")
      try inside(["ip", "addr", "add", address(number), "dev", "far\(number)"])
      try inside(["ip", "link", "set", "far\(number)", "up"])
    }
  }

  /// The host's address at the other end of this link.
  public func address(of link: Int) -> String { "10.77.\(link).2" }
  private func address(_ link: Int) -> String { address(of: link) + "/24" }

  /// Nothing passes any more; nobody is told.
  public func cut(_ link: Int) throws { try inside(["ip", "link", "set", "far\(link)", "down"]) }
  public func mend(_ link: Int) throws { try inside(["ip", "link", "set", "far\(link)", "up"]) }

  /// Each packet comes so much later, with some jitter, a few get lost, and no more than so many bits pass in a second.
  public func slow(_ link: Int, milliseconds: Int, bitsPerSecond: Int) throws {
    try inside([
      "tc", "qdisc", "replace", "dev", "far\(link)", "root", "netem", "delay", "\(milliseconds)ms",
      "\(milliseconds / 4)ms", "loss", "1%", "rate", "\(bitsPerSecond)bit",
    ])
  }

  private func inside(_ words: [String]) throws {
    let all = wrapper + words
    let made = try run(all[0], Array(all[1...]))
    guard made.status == .exited(0) else {
      throw TestFailure("\(words.joined(separator: " ")): \(made.error)")
    }
  }
}

private func ip(_ words: String...) throws {
  let made = try run("ip", words)
  guard made.status == .exited(0) else {
    throw TestFailure("ip \(words.joined(separator: " ")): \(made.error)")
  }
}

/// Which network namespace a process or thread is in.
private func namespace(of process: String) -> String {
  var buffer = [UInt8](repeating: 0, count: 64)
  let count = unsafe buffer.withUnsafeMutableBytes { raw in
    unsafe readlink(
      "/proc/\(process)/ns/net", raw.baseAddress!.assumingMemoryBound(to: CChar.self), raw.count)
  }
  return String(decoding: buffer[..<max(count, 0)], as: UTF8.self)
}
