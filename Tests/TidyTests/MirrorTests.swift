// Each Swift source is tested at the mirrored place: Sources/A/B/C.swift by Tests/ATests/B/CTests.swift, or, when it
// has little behaviour of its own, by a neighbour in Tests/ATests/B that names the type it is called after.
// What is excepted is named here, with the reason.
import Testing

@Suite("Mirror")
struct MirrorTests {
  /// Folders of declarations without logic.
  private static let plainFolders = [
    "Sources/FanoutCore/Ports": "protocols and values that cross the data plane's interface",
    "Sources/ControlPlane/Ports": "protocols and values that cross the control plane's interface",
    "Sources/SeatcastClient/Wire": "links to FanoutCore/Wire, tested there",
    "Sources/SeatcastClient/JSON": "links to ControlPlane/API, tested there",
  ]

  /// Declarations without logic of their own, and what only a whole process can show.
  private static let exceptions: [String: String] = [
    "Sources/SeatcastClient/Instant.swift": "a value",
    "Sources/ControlPlane/Cluster/PeerParts.swift": "puts parts together; tests of the cluster start it",
    "Sources/seatcast/Adapters/AdapterPorts.swift": "protocols",
    "Sources/seatcast/Assembly/Server.swift": "a whole process; the end-to-end tests start and stop it",
    "Sources/seatcast/main.swift": "one call; the end-to-end tests run it",
  ]

  private func testPath(of source: ProjectFile) -> String {
    let parts = source.path.split(separator: "/")
    let target = parts[1] == "seatcast" ? "Seatcast" : String(parts[1])
    let folders = parts[2..<(parts.count - 1)].map { $0 + "/" }.joined()
    return "Tests/\(target)Tests/\(folders)\(source.name.dropLast(".swift".count))Tests.swift"
  }

  private func isExcepted(_ path: String) -> Bool {
    Self.exceptions[path] != nil || Self.plainFolders.keys.contains { path.hasPrefix($0 + "/") }
  }

  @Test("Each source is tested at its mirrored place")
  func mirrored() {
    let tests = Set(Project.files.map(\.path))
    let missing = Project.swiftSources.filter {
      !isExcepted($0.path) && !tests.contains(testPath(of: $0)) && !isNamedByNeighbour($0)
    }
    tell(missing.map { "\($0) has no \(testPath(of: $0)), and no test beside it names its type." })
  }

  private func isNamedByNeighbour(_ source: ProjectFile) -> Bool {
    let folder = testPath(of: source).split(separator: "/").dropLast().joined(separator: "/")
    let type = source.name.dropLast(".swift".count).prefix { $0 != "+" }
    return Project.files.contains { file in
      file.path.hasPrefix(folder + "/") && !file.path.dropFirst(folder.count + 1).contains("/")
        && file.has(suffix: "Tests.swift") && SwiftCode(file.text).names.contains(type)
    }
  }

  @Test("A mirrored test file tests something")
  func testsSomething() {
    let texts = Dictionary(uniqueKeysWithValues: Project.files.map { ($0.path, $0.text) })
    let empty = Project.swiftSources.map { testPath(of: $0) }.filter {
      texts[$0].map { !$0.contains("@Test") } ?? false
    }
    tell(empty.map { "\($0) has no test." })
  }

  @Test("Every exception is still needed")
  func exceptionsAreNeeded() {
    let sources = Set(Project.swiftSources.map(\.path))
    let tests = Set(Project.files.map(\.path))
    tell(
      Self.exceptions.keys.sorted().filter { !sources.contains($0) }.map {
        "\($0) is excepted and does not exist."
      })
    let tested = Project.swiftSources.filter {
      Self.exceptions[$0.path] != nil && tests.contains(testPath(of: $0))
    }
    tell(tested.map { "\($0) is excepted but has a test file." })
  }
}
