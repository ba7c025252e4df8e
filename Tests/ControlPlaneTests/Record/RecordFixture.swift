// A ledger whose record is sealed when the test says so, exported and verified as the commands do it.
import Glibc
import TestSupport

@testable import ControlPlane

final class RecordFixture {
  let ledger: LedgerFixture
  var sealer: Sealer

  init(_ ledger: LedgerFixture) throws {
    self.ledger = ledger
    sealer = try Self.sealer(of: ledger)
  }

  convenience init() throws { try self.init(try LedgerFixture()) }

  private static func sealer(of fixture: LedgerFixture) throws -> Sealer {
    let ledger = Handover(fixture.ledger)
    let made = try Sealer(try fixture.database.openRecord(), fixture.database.folder, makesKey: true) {
      seal throws(DomainError) in
      let question = Question<Int64>()
      ledger.value.perform([.seal(seal, question.answering)])
      do { _ = try question.result() } catch let error as DomainError { throw error } catch {
        throw .storageUnavailable
      }
    }
    guard let made else { throw TestFailure("no key was made") }
    return made
  }

  var folder: String { ledger.folder.path }

  /// As after a start.
  func reopen() throws { sealer = try Self.sealer(of: ledger) }

  /// Seals everything.
  @discardableResult
  func seal() throws -> [RecordSeal] {
    var seals: [RecordSeal] = []
    while let seal = try sealer.sealNext(at: ledger.clock.now) { seals.append(seal) }
    return seals
  }

  /// Seals and exports.
  func lines(event: Event? = nil) throws -> [[UInt8]] {
    try seal()
    return try Self.export(folder, event: event?.id.rawValue)
  }

  /// - Returns: lines without their line breaks.
  static func export(_ folder: String, event: Int64? = nil) throws -> [[UInt8]] {
    let scratch = try TemporaryFolder()
    let path = scratch.path + "/record"
    let file = unsafe open(path, O_WRONLY | O_CREAT, 0o600)
    defer { close(file) }
    _ = try RecordExport.write(folder, event: event, to: file)
    let bytes = contents(of: path) ?? []
    guard bytes.last == UInt8(ascii: "\n") else { throw TestFailure("the record is cut off") }
    return bytes.dropLast().split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .map(Array.init)
  }

  /// The entries of lines as text.
  static func entries(_ lines: [[UInt8]]) -> [String] {
    lines.compactMap { line in
      guard case .entry(let range, _)? = RecordLines.content(line) else { return nil }
      return String(decoding: line[range], as: UTF8.self)
    }
  }

  /// Chains and signs entries anew, as a dishonest operator could: nothing but the rules can find a fault in them.
  static func forge(
    _ entries: [String], record: String, key: RecordKey, epoch: String, at: Instant = Instant(milliseconds: 1)
  ) -> [[UInt8]] {
    var (chain, lines) = (RecordChain(of: record), [RecordLines.first(record, event: nil)])
    for entry in entries {
      let bytes = Array(entry.utf8)
      chain.add(bytes)
      var line: [UInt8] = []
      RecordLines.append(bytes, chain.link, to: &line)
      lines.append(line)
    }
    let head = RecordHead(
      record: record, size: chain.size, link: chain.link, epoch: epoch, at: at)
    return lines + [RecordLines.last(head.note(signedBy: key))]
  }
}

extension RecordVerifier {
  /// Nil: the lines are a good record.
  static func refusal(
    of lines: [[UInt8]], trusted: RecordPublicKey? = nil, kept: [RecordNote] = []
  ) -> Refusal? {
    var verifier = RecordVerifier(trusted: trusted, kept: kept)
    do throws(Refusal) {
      for line in lines { try verifier.take(line) }
      try verifier.finish()
      return nil
    } catch {
      return error
    }
  }
}
