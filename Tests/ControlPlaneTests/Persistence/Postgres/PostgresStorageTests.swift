#if Cluster
  import TestSupport
  import Testing

  @testable import ControlPlane

  @Suite(
    "PostgresStorage", .enabled(if: PostgresServer.isInstalled, Comment(rawValue: PostgresServer.absence)))
  struct PostgresStorageTests {
    private let url: String
    private let folder: TemporaryFolder

    init() throws {
      url = try PostgresServer.shared().createDatabase()
      folder = try TemporaryFolder()
    }

    private func open(_ node: String, seed: UInt64) throws -> PostgresStorage {
      try PostgresStorage.open(
        DataFolder(folder.path + "/" + node), PostgresAddress(url), node: node, SeededIdentifiers(seed: seed))
    }

    @Test("nodes that start together on an empty database agree on what it is called")
    func race() throws {
      let threads = try (1...4).map { number in
        try BackgroundThread {
          let storage = try open("n\(number)", seed: UInt64(number))
          return storage.epoch + storage.record.record
        }
      }
      let names = try threads.map { try $0.join() }
      #expect(names.count == 4)
      #expect(Set(names).count == 1)
    }

    @Test("what it is made of reads: events, the record, and what others change from then on")
    func parts() throws {
      let storage = try open("a", seed: 1)
      let writer = PostgresConnection(storage.address, PostgresSession(name: "test"))
      try writer.insertEvent(5)
      #expect(try storage.openReader().event(EventID(5)) != nil)
      let record = try storage.openRecord()
      #expect(try record is PostgresRecordSource && record.last() == nil)
      #expect(try PostgresStorage.record(of: url).facts.record == storage.record.record)
      let changes = try storage.openChanges()
      try writer.touch(5)
      #expect(try changes.read().events == [EventID(5)])
    }

    @Test("a database of a newer version, and one that does not answer, are refused with a sentence")
    func refusals() throws {
      _ = try open("a", seed: 1)
      let name = String(url.split(separator: "/").last ?? "")
      try PostgresServer.shared().query("UPDATE schema_version SET version = 99", in: name)
      let newer = #expect(throws: StartFailure.self) { _ = try open("a", seed: 1) }
      #expect(newer?.description.contains("was written by a newer seatcast (schema 99") == true)
      let silent = #expect(throws: StartFailure.self) {
        _ = try PostgresStorage.open(
          DataFolder(folder.path), PostgresAddress("postgres://u:secret@127.0.0.1:1/d"), node: "a",
          SeededIdentifiers(seed: 1))
      }
      #expect(silent?.description.hasPrefix("cannot open the database u@127.0.0.1:1/d: ") == true)
      #expect(silent?.description.contains("secret") == false)
    }
  }
#endif
