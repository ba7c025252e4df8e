import FoundationEssentials
import TestSupport
import Testing

@testable import ControlPlane

@Suite("KeyReader")
struct KeyReaderTests {
  private let folder: TemporaryFolder
  private let incidents = IncidentList()
  private var path: String { folder.path + "/keys.json" }

  init() throws { folder = try TemporaryFolder() }

  private func write(_ text: String) throws {
    try text.write(toFile: path, atomically: true, encoding: .utf8)
  }

  private func write(_ algorithms: [String]) throws {
    try write(ForeignKeys.set(algorithms.map { ForeignKeys.key($0) }))
  }

  private func external() throws(StartFailure) -> KeyReader {
    var configuration = Backend.Configuration(dataFolder: folder.path)
    configuration.accounts = .external(issuer: ForeignKeys.issuer, adminClaim: nil)
    configuration.keySetFile = path
    return try KeyReader(configuration, DataFolder(folder.path), observer: incidents)
  }

  private func accepts(_ reader: KeyReader, _ token: String) -> Bool {
    let verifier = TokenVerifier(
      reader.keys, Revocations(), clock: StillClock(milliseconds: 1_700_000_000_000))
    return verifier.verify(token) != .invalid
  }

  @Test("At start a file that is missing or broken is one sentence")
  func start() throws {
    #expect(throws: StartFailure("cannot read \(path): No such file or directory")) { try external() }
    try write("{}")
    #expect(throws: StartFailure("\(path) has no array \"keys\"")) { try external() }
  }

  @Test("A changed file is read, and only then")
  func changes() throws {
    try write(["ES256"])
    let reader = try external()
    #expect(accepts(reader, ForeignKeys.token("ES256")) && !accepts(reader, ForeignKeys.token("EdDSA")))
    let before = reader.keys.current
    reader.readChangedFile()
    #expect(reader.keys.current === before)
    try write(["EdDSA"])
    reader.readChangedFile()
    #expect(!accepts(reader, ForeignKeys.token("ES256")) && accepts(reader, ForeignKeys.token("EdDSA")))
    #expect(incidents.all == [.keysRead(count: 1)])
  }

  @Test("Who waits for replacements is told of keys that are gone, by numbers that outlive a reading")
  func removedKeys() throws {
    try write(["ES256", "EdDSA"])
    let reader = try external()
    let told = Guarded<[(ends: [TrustedKeys.End], trusted: Set<UInt32>)]>([])
    reader.whenReplaced { ends, trusted in told.withLock { $0.append((ends, trusted)) } }
    let numbers = try ["ES256", "EdDSA"].map { algorithm in
      try JSONWebKeySet.keys(Array(ForeignKeys.set([ForeignKeys.key(algorithm)]).utf8))[0].number
    }
    try write(["EdDSA"])
    reader.readChangedFile()
    try write(["EdDSA", "RS256"])
    reader.readChangedFile()
    let answers = told.withLock { $0 }
    #expect(answers.map(\.ends) == [[.init(key: numbers[0], at: nil)], []])
    #expect(answers[0].trusted.contains(numbers[1]) && !answers[0].trusted.contains(numbers[0]))
    // The local administrators' secret counts, too.
    #expect(answers.map(\.trusted.count) == [2, 3])
  }

  @Test("A broken file keeps the keys and is told once, a missing one too")
  func broken() throws {
    try write(["ES256"])
    let reader = try external()
    try write("{")
    for _ in 0..<3 { reader.readChangedFile() }
    try FileManager.default.removeItem(atPath: path)
    for _ in 0..<3 { reader.readChangedFile() }
    #expect(accepts(reader, ForeignKeys.token("ES256")))
    #expect(incidents.all.count == 2)
    try write(["ES256", "EdDSA"])
    reader.readChangedFile()
    #expect(accepts(reader, ForeignKeys.token("EdDSA")))
    #expect(incidents.all.last == .keysRead(count: 2))
  }

  @Test("Secrets are replaced together, or stay")
  func secrets() throws {
    var configuration = Backend.Configuration(dataFolder: folder.path)
    configuration.secret = TokenForge.secretBytes
    let reader = try KeyReader(configuration, DataFolder(folder.path), observer: incidents)
    let token = TokenForge.sign(payload: #"{"iss":"seatcast","sub":"5","exp":9999999999}"#)
    #expect(accepts(reader, token))
    #expect(throws: StartFailure.self) { try reader.reload(secret: [1], previous: nil) }
    #expect(accepts(reader, token))
    let next = [UInt8](repeating: 7, count: 32)
    let until = Instant(milliseconds: 1_700_000_000_001)
    try reader.reload(secret: next, previous: PreviousSecret(TokenForge.secretBytes, until: until))
    #expect(accepts(reader, token))
    try reader.reload(secret: next, previous: nil)
    #expect(!accepts(reader, token))
    #expect(reader.keys.current.signing.bytes == next)
  }
}
