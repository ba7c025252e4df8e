// The record of sales: what an entry costs the thread that seals (reading its rows, writing its bytes, three hashes), and
// what it costs whoever verifies an export. On a database of its own in a temporary folder.
import Glibc

@testable import ControlPlane

enum RecordPieces {
  static var all: [Piece] { [entry, link, verification] }

  private static let bookings: Int64 = 4_096

  /// One of many bookings of one event, as a seal covers them.
  private static var entry: Piece {
    let reads = filled()
    var writer = RecordEntryWriter()
    return Piece("record_entry", "one of \(bookings) entries made from rows and chained", checksum: 1) {
      count in
      var made = 0
      while made < count {
        var chain = RecordChain(of: "micro")
        let item = RecordItem.notices(event: 1, last: bookings, count: bookings)
        do throws(StoreFailure) {
          try reads.entries(of: item, from: 1, &writer) { entry, _ in chain.add(entry) }
        } catch {
          fail("The entries cannot be made: \(error)")
        }
        made += Int(chain.size)
      }
      return UInt64(count)
    }
  }

  private static let sample = Array(
    #"{"n":100000,"kind":"booked","event":1,"seq":99998,"booking":"BK-7Q2N4M9X","user":"k3J9x0aQmB7r1TzE","quantity":2,"available":4711,"capacity":100000,"at":1790000000000}"#
      .utf8)

  /// A leaf and a link.
  private static var link: Piece {
    var chain = RecordChain(of: "micro")
    return Piece("record_link", "an entry of \(sample.count) bytes chained", bytes: sample.count, checksum: 1)
    {
      count in
      let before = chain.size
      var entry = sample
      for _ in 0..<count {
        touch(&entry)
        chain.add(entry)
      }
      return chain.size - before
    }
  }

  /// A whole record of one event.
  private static var verification: Piece {
    let lines = record()
    return Piece("record_verification", "one of \(bookings) lines verified", checksum: 1) { count in
      var read = 0
      while read < count {
        var verifier = RecordVerifier()
        do throws(RecordVerifier.Refusal) {
          for line in lines { try verifier.take(line) }
          try verifier.finish()
        } catch {
          fail("Line \(error.line) \(error.sentence)")
        }
        read += lines.count
      }
      return UInt64(count)
    }
  }

  // MARK: Their database

  private static func temporaryFolder() -> String {
    var template = Array("./micro-record-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else { fail("There is no room for a temporary folder.") }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// A database with so many bookings of one event. Its files are removed at once: they live as long as they are open.
  private static func filled() -> any RecordSource {
    let path = temporaryFolder()
    do {
      let folder = try DataFolder(path)
      let (database, writer) = try Database.open(folder, SystemRandom())
      try writer.connection.execute(
        """
        INSERT INTO account (id, issuer, subject, created_at) VALUES (1, 'seatcast', '1', 1);
        WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < \(bookings))
        INSERT INTO booking (event_id, user_id, quantity, created_at, created_seq) SELECT 1, 1, 1, 5, n FROM numbers;
        INSERT INTO notice SELECT 1, id, 1, id, \(bookings) - id, \(bookings), 5, NULL FROM booking;
        """)
      let reads = try database.openRecord()
      // Reads once, so that the files are open.
      _ = try reads.last()
      remove(path)
      return reads
    } catch {
      fail("The database cannot be made: \(error)")
    }
  }

  private static func remove(_ path: String) {
    for name in ["seatcast.db", "seatcast.db-wal", "seatcast.db-shm", "seatcast.lock"] {
      _ = unsafe unlink(path + "/" + name)
    }
    _ = unsafe rmdir(path)
  }

  private static func record() -> [[UInt8]] {
    let (reads, key) = (filled(), RecordKey.make())
    var (chain, lines) = (RecordChain(of: "micro"), [RecordLines.first("micro", event: nil)])
    func add(_ entry: [UInt8]) {
      chain.add(entry)
      var line: [UInt8] = []
      RecordLines.append(entry, chain.link, to: &line)
      lines.append(line)
    }
    add(
      Array(
        #"{"n":1,"kind":"begin","record":"micro","epoch":"e","key":"\#(key.publicKey.base64)","earlier":false,"at":1}"#
          .utf8))
    add(
      Array(
        #"{"n":2,"kind":"event","event":1,"name":"E","status":"on_sale","capacity":\#(bookings),"at":1}"#.utf8
      ))
    var writer = RecordEntryWriter()
    do throws(StoreFailure) {
      let item = RecordItem.notices(event: 1, last: bookings, count: bookings)
      try reads.entries(of: item, from: 3, &writer) { entry, _ in add(entry) }
    } catch {
      fail("The entries cannot be made: \(error)")
    }
    let head = RecordHead(
      record: "micro", size: chain.size, link: chain.link, epoch: "e", at: Instant(milliseconds: 1))
    return lines + [RecordLines.last(head.note(signedBy: key))]
  }
}
