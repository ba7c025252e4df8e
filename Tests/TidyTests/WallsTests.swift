// The walls of docs/ARCHITECTURE.md: who may import what, and which words a plane does not know. The package holds
// imports between targets; these rules hold what it cannot see.
import FoundationEssentials
import Testing

@Suite("Walls")
struct WallsTests {
  private static let code = Project.swiftSources.map { (file: $0, code: SwiftCode($0.text)) }

  private func files(under folder: String) -> [(file: ProjectFile, code: SwiftCode)] {
    Self.code.filter { $0.file.isUnder(folder) }
  }

  /// Files under a folder that import a module outside of the allowed ones.
  private func strangers(under folder: String, allowed: Set<String>) -> [String] {
    files(under: folder).flatMap { file, code in
      code.imports.filter { !allowed.contains($0) }.map { "\(file) imports \($0)." }
    }
  }

  /// Uses of names with one of these words.
  private func uses(
    of words: Set<String>, under folder: String, where isJudged: (Substring) -> Bool = { _ in true }
  ) -> [String] {
    files(under: folder).flatMap { file, code in
      code.lines.enumerated().filter { isJudged($0.element) }.flatMap { number, line in
        SwiftCode.names(in: line).filter { !words.isDisjoint(with: SwiftCode.words(of: $0)) }
          .map { "\(file):\(number + 1) says '\($0)'." }
      }
    }
  }

  @Test("The rules find the sources")
  func findsSources() {
    for folder in [
      "Sources/FanoutCore", "Sources/ControlPlane", "Sources/SeatcastClient", "Sources/seatcast",
    ] {
      #expect(!files(under: folder).isEmpty, "No Swift file under \(folder).")
    }
  }

  @Test("Only FanoutCore/Runtime imports CUVShim")
  func shimDoor() {
    let others = Self.code.filter { !$0.file.isUnder("Sources/FanoutCore/Runtime") }
      .filter { $0.code.imports.contains("CUVShim") }
    tell(others.map { "\($0.file) imports CUVShim; only Runtime/ may." })
  }

  @Test("FanoutCore imports the system and CUVShim, and no Foundation of any kind")
  func coreImports() {
    let strangers = strangers(
      under: "Sources/FanoutCore", allowed: ["CUVShim", "Synchronization", "Glibc", "Musl", "Darwin"])
    tell(strangers)
  }

  @Test("FanoutCore has never heard of seats, bookings, users, SQL or JSON")
  func coreWords() {
    let words: Set = ["seat", "seats", "booking", "bookings", "user", "users", "sql", "sqlite", "json"]
    let uses = uses(of: words, under: "Sources/FanoutCore")
    tell(uses)
  }

  @Test("FanoutCore says topic, never event, to the outside; an event stream is a term of HTTP")
  func coreSaysTopic() {
    let uses = uses(of: ["event", "events"], under: "Sources/FanoutCore") { $0.contains("public ") }
      .filter { !$0.lowercased().contains("eventstream") }
    tell(uses)
  }

  @Test("ControlPlane imports the system, SQLite, libpq and libcrypto, and nothing that has sockets or loops")
  func controlImports() {
    let strangers = strangers(
      under: "Sources/ControlPlane",
      allowed: [
        "CSQLite", "CPostgres", "CCrypto", "Synchronization", "FoundationEssentials", "Glibc", "Musl",
        "Darwin",
      ])
    tell(strangers)
  }

  @Test("ControlPlane has never seen a socket, a frame or a loop")
  func controlWords() {
    let words: Set = [
      "socket", "sockets", "websocket", "frame", "frames", "loop", "loops", "topic", "topics",
    ]
    let uses = uses(of: words, under: "Sources/ControlPlane")
    tell(uses)
  }

  @Test("Nobody imports the whole of Foundation")
  func foundation() {
    let users = Self.code.filter { $0.code.imports.contains("Foundation") }
    tell(users.map { "\($0.file) imports Foundation; take FoundationEssentials." })
  }

  @Test("SQLite is called in three files: a connection, a statement and a copy")
  func sqlite() {
    let callers = Self.code.filter { $0.code.names.contains { $0.hasPrefix("sqlite3_") } }.map(\.file.path)
    #expect(
      callers.sorted() == [
        "Sources/ControlPlane/Persistence/Connection.swift",
        "Sources/ControlPlane/Persistence/OnlineCopy.swift",
        "Sources/ControlPlane/Persistence/Statement.swift",
      ])
  }

  @Test("libnats is called in one file")
  func nats() {
    let callers = Self.code.filter { file, code in
      code.imports.contains("CNATS")
        || code.names.contains { name in
          ["nats_", "natsOptions_", "natsConnection_", "natsSubscription_", "natsMsg_"].contains {
            name.hasPrefix($0)
          }
        }
    }
    #expect(callers.map(\.file.path) == ["Sources/seatcast/Cluster/NATSConnection.swift"])
  }

  @Test("libpq is called in two files: a connection and a result")
  func postgres() {
    let callers = Self.code.filter { file, code in
      code.imports.contains("CPostgres")
        || code.names.contains { $0.hasPrefix("PQ") && $0.dropFirst(2).first?.isLetter == true }
    }
    #expect(
      callers.map(\.file.path).sorted() == [
        "Sources/ControlPlane/Persistence/Postgres/PostgresConnection.swift",
        "Sources/ControlPlane/Persistence/Postgres/PostgresResult.swift",
      ])
  }

  @Test("SeatcastClient imports the system and its own C, and neither plane")
  func clientImports() {
    tell(
      strangers(
        under: "Sources/SeatcastClient", allowed: ["CClient", "Synchronization", "Glibc", "Musl", "Darwin"]))
  }

  @Test(
    "The client library reads the wire with the server's files: it has links to them, and no parser of its own"
  )
  func oneParser() throws {
    let folders = ["Wire": "FanoutCore/Wire", "JSON": "ControlPlane/API"]
    for (folder, home) in folders {
      let files = files(under: "Sources/SeatcastClient/\(folder)")
      #expect(!files.isEmpty)
      for (file, _) in files {
        let link = try? FileManager.default.destinationOfSymbolicLink(atPath: Project.root + "/" + file.path)
        #expect(link?.hasPrefix("../../\(home)/") == true, "\(file) is no link into \(home).")
      }
    }
  }

  @Test("The names of libuv, OpenSSL's TLS and io_uring exist in CUVShim only; the client has TLS of its own")
  func shimNames() {
    let uses = Self.code.flatMap { file, code in
      code.names.filter { name in ["uv_", "SSL_", "io_uring"].contains { name.hasPrefix($0) } }
        .map { "\(file) says '\($0)'." }
    }
    tell(uses)
    let foreignC = Project.files.filter {
      ($0.has(suffix: ".c") || $0.has(suffix: ".h")) && $0.isUnder("Sources")
    }
    .filter { !$0.isUnder("Sources/CUVShim") && $0.path != "Sources/SeatcastClient/CClient/tls.c" }
    .filter { file in
      // OSSL_ is libcrypto's prefix for parameters.
      let text = file.text.replacing("OSSL_", with: "")
      return ["uv_", "SSL_", "io_uring"].contains { text.contains($0) }
    }
    tell(foreignC.map { "\($0) names what belongs in CUVShim." })
  }

  @Test("Only the executable imports both planes")
  func bothPlanes() {
    let inCore = files(under: "Sources/FanoutCore").filter { $0.code.imports.contains("ControlPlane") }
    let inControl = files(under: "Sources/ControlPlane").filter { $0.code.imports.contains("FanoutCore") }
    tell((inCore + inControl).map { "\($0.file) imports the other plane." })
  }

  @Test("The package depends on no other package")
  func dependencies() throws {
    let manifest = try #require(Project.files.first { $0.path == "Package.swift" })
    let code = SwiftCode(manifest.text).text
    #expect(!code.contains(".package("), "Package.swift names a package dependency.")
  }
}
