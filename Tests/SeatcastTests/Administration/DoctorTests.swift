import ControlPlane
import Glibc
import TestSupport
import Testing

@testable import seatcast

@Suite("Doctor, Finding and RestoreRun")
struct DoctorTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func configuration(_ more: [Setting: String] = [:]) throws -> ServeConfiguration {
    let flags: [Setting: String] = [.data: folder.path + "/data", .port: "0", .loops: "1"]
    return try ServeConfiguration(
      Settings(flags: flags.merging(more) { $1 }, environment: [:], table: .serve))
  }

  private func findings(_ more: [Setting: String] = [:]) throws -> [Finding] {
    Doctor.findings(try configuration(more))
  }

  private func files(_ name: String = "/data") -> DoctorFiles { DoctorFiles(folder: folder.path + name) }

  @Test("a machine on which serve would start has no failure, and nothing is made")
  func fresh() throws {
    let findings = try findings()
    #expect(findings.filter { $0.grade == .fail } == [])
    #expect(findings.contains(.ok("data folder", "\(folder.path)/data does not exist; serve makes it.")))
    for subject in [
      "flags", "free space", "server", "database", "secret", "descriptors", "io_uring", "SQLite", "clock",
    ] {
      #expect(findings.contains { $0.subject == subject }, "\(subject)")
    }
    #expect(names(in: folder.path).isEmpty)
  }

  @Test("a folder that others can write to, or that is none, fails")
  func folders() throws {
    #expect(unsafe mkdir(folder.path + "/data", 0o700) == 0)
    #expect(files().folderFindings.first?.grade == .ok)
    #expect(unsafe chmod(folder.path + "/data", 0o755) == 0)
    #expect(files().folderFindings.first?.grade == .warn)
    #expect(unsafe chmod(folder.path + "/data", 0o777) == 0)
    #expect(files().folderFindings.first?.grade == .fail)
    try put("x", at: folder.path + "/file")
    #expect(files("/file").folderFindings.first?.grade == .fail)
    #expect(files("/no/such").folderFindings.first?.grade == .fail)
  }

  @Test("a path without room for a socket is a warning, and who holds the folder is told")
  func server() throws {
    let long = files("/" + String(repeating: "x", count: 110))
    #expect(long.serverFindings(isServed: false).first?.grade == .warn)
    let assembly = try Assembly(
      configuration(), secrets: TokenSecrets(), log: Log(format: .json, output: LinesKept(), now: { 0 }))
    _ = try assembly.start()
    #expect(files().isServed)
    #expect(
      files().serverFindings(isServed: true)
        == [.ok("server", "A server has the folder and answers commands.")])
    assembly.stop()
    #expect(!files().isServed)
    #expect(files().databaseFindings.map(\.grade) == [.ok, .ok])
  }

  @Test("secrets that others can read, and files that are no database, fail")
  func secrets() throws {
    #expect(unsafe mkdir(folder.path + "/data", 0o700) == 0)
    try put(String(repeating: "s", count: 40), at: folder.path + "/data/jwt-secret")
    #expect(files().secretFindings(try configuration()).map(\.grade) == [.ok])
    #expect(unsafe chmod(folder.path + "/data/jwt-secret", 0o644) == 0)
    #expect(files().secretFindings(try configuration()).map(\.grade) == [.fail])
    let missing = try configuration([.jwtSecretFile: folder.path + "/none"])
    #expect(files().secretFindings(missing).last?.grade == .fail)
    try put(String(repeating: "nonsense ", count: 800), at: folder.path + "/data/seatcast.db")
    #expect(files().databaseFindings.map(\.grade) == [.fail])
  }

  @Test("a database of no bytes is told as what it is, and a pipe under a file's name keeps nobody waiting")
  func oddFiles() throws {
    let data = folder.path + "/data"
    #expect(unsafe mkdir(data, 0o700) == 0)
    try put("", at: data + "/seatcast.db")
    #expect(files().databaseFindings.map(\.grade) == [.warn])
    #expect(
      files().databaseFindings.first?.sentence.hasPrefix("It has 0 bytes; serve makes a new one") == true)
    try put("log", at: data + "/seatcast.db-wal")
    #expect(files().databaseFindings.map(\.grade) == [.fail])
    for name in ["seatcast.db", "seatcast.db-wal"] { #expect(unsafe unlink(data + "/" + name) == 0) }
    for name in ["seatcast.db", "jwt-secret", "seatcast.lock", "given"] {
      #expect(unsafe mkfifo(data + "/" + name, 0o600) == 0)
    }
    let findings = try findings([.jwtSecretFile: data + "/given"])
    let odd = findings.filter { $0.grade == .fail && $0.sentence.contains("is a pipe") }
    #expect(odd.map(\.subject).sorted() == ["database", "secret", "secret"], "\(findings)")
  }

  @Test("backups that are missing or old are a warning")
  func backups() throws {
    #expect(files().backupFindings(nil).map(\.grade) == [.warn])
    let plan = try #require(try configuration([.backupDir: folder.path]).backups)
    #expect(plan.everySeconds == 21_600 && plan.keep == 14)
    #expect(files().backupFindings(plan).map(\.grade) == [.ok])
    try put("x", at: folder.path + "/seatcast-20200101T000000Z.db")
    #expect(files().backupFindings(plan).map(\.grade) == [.warn])
    #expect(throws: UsageError.self) { try configuration([.backupKeep: "3"]) }
  }

  @Test("a port that somebody listens on fails, and TLS files that are missing")
  func machine() throws {
    let assembly = try Assembly(
      configuration(), secrets: TokenSecrets(), log: Log(format: .json, output: LinesKept(), now: { 0 }))
    let port = try assembly.start()
    defer { assembly.stop() }
    let taken = DoctorMachine.findings(try configuration([.port: String(port)]), isServed: false)
    #expect(taken.first { $0.subject == "address" }?.grade == .fail)
    let tls: [Setting: String] = [.tlsCertificate: folder.path + "/c", .tlsKey: folder.path + "/k"]
    #expect(try findings(tls).first { $0.subject == "data plane" }?.grade == .fail)
  }

  @Test("a certificate that has ended fails, and one that ends soon is a warning")
  func certificates() throws {
    func grade(_ expiry: Int64) -> Finding.Grade {
      DoctorMachine.certificateFinding("c.pem", expiry: expiry, at: Instant(milliseconds: 1_000_000_000))
        .grade
    }
    #expect(grade(1_000_000) == .fail && grade(0) == .fail)
    #expect(grade(1_000_001) == .warn && grade(1_000_000 + 13 * 86_400) == .warn)
    #expect(grade(1_000_000 + 15 * 86_400) == .ok)
    let certificates = SourceTree.root + "/Tests/Certificates/localhost-test-"
    let tls: [Setting: String] = [
      .tlsCertificate: certificates + "certificate.pem", .tlsKey: certificates + "key.pem",
    ]
    #expect(try findings(tls).first { $0.subject == "TLS" }?.sentence.contains("it ends in 3") == true)
  }

  @Test("findings are lines for people and one document for scripts")
  func printing() throws {
    let findings: [Finding] = [.ok("a", "Fine."), .fail("long", "Not \"fine\"\n.")]
    #expect(Finding.text(findings) == "ok    a     Fine.\nfail  long  Not \\\"fine\\\"\\n.\n")
    let document = try JSON(parsing: Finding.json(findings))
    #expect(document["ok"] == false)
    #expect(try document["findings"]?.array?.last?.word("sentence") == "Not \"fine\"\n.")
  }

  @Test("restore tells why it cannot, with the exit status of its kind")
  func restoring() throws {
    let settings = Settings(
      flags: [.data: folder.path + "/data"], operands: [folder.path + "/none.db"], environment: [:],
      table: .restore)
    #expect {
      try RestoreRun.run(settings)
    } throws: { error in
      (error as? AdminError)?.exitStatus == 65
    }
    #expect(names(in: folder.path).isEmpty)
  }
}

extension JSON {
  fileprivate func word(_ name: String) throws -> String? { self[name]?.string }
}
