// haproxy in front of several servers, as docs/guides/CLUSTER.md sets it up.

/// One process; any thread.
public final class LoadBalancer: Sendable {
  public static let program = Programs.path(ofService: "haproxy")

  public let port: Int
  private let folder: TemporaryFolder
  private let service: ServiceProcess

  /// - Parameter servers: their ports on 127.0.0.1.
  public init(servers: [Int]) throws {
    guard let program = Self.program else { throw TestFailure("haproxy is not installed") }
    let port = try freePort()
    self.port = port
    folder = try TemporaryFolder()
    let file = folder.path + "/haproxy.cfg"
    try put(try Self.configuration(port: port, servers: servers), at: file)
    service = ServiceProcess("haproxy", [program, "-db", "-f", file])
    try service.start { _ in (try? HTTPClient(port: port).get("/readyz").status) == 200 }
  }

  /// The guide's configuration with these ports.
  private static func configuration(port: Int, servers: [Int]) throws -> String {
    let guide = String(
      decoding: contents(of: SourceTree.root + "/docs/guides/CLUSTER.md") ?? [], as: UTF8.self)
    guard let start = guide.firstRange(of: "```haproxy\n"),
      let end = guide[start.upperBound...].firstRange(of: "\n```")
    else { throw TestFailure("the guide has no configuration of haproxy") }
    var places = servers[...]
    let lines = guide[start.upperBound..<end.lowerBound]
      .split(separator: "\n", omittingEmptySubsequences: false).compactMap { line -> String? in
        if line.contains("bind :80") { return "  bind 127.0.0.1:\(port)" }
        guard line.trimmed.hasPrefix("server ") else { return String(line) }
        guard let place = places.popFirst() else { return nil }
        let words = line.trimmed.split(separator: " ")
        return "  " + (words[..<2] + ["127.0.0.1:\(place)"] + words[3...]).joined(separator: " ")
      }
    guard places.isEmpty else { throw TestFailure("the guide's configuration has fewer servers") }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension Substring {
  fileprivate var trimmed: Substring { drop { $0 == " " } }
}
