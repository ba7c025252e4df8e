#if Cluster
  import TestSupport
  import Testing

  @testable import ControlPlane

  @Suite(
    "PostgresWrites", .enabled(if: PostgresServer.isInstalled, Comment(rawValue: PostgresServer.absence)))
  struct PostgresWritesTests {
    private func at(_ milliseconds: Int64) -> Instant { Instant(milliseconds: milliseconds) }

    @Test("notices of an event share a row of the feed, whatever comes between them of other events")
    func runs() throws {
      let rig = try StoreRig(.postgres)
      var events = [try rig.makeEvent(capacity: 9), try rig.makeEvent(capacity: 9)]
      // Who is not locked at the beginning is locked later, after what came before was written.
      var needs = BatchNeeds()
      needs.events = Set(events.map(\.id))
      let user = try rig.commit { try $0.insert(.local(1), at: at(1)) }
      let store = rig.store
      _ = try store.shared?.begin(needs)
      do {
        for number in 0..<4 { _ = try rig.book(&events[number % 2], user, 1) }
        let held = try rig.book(&events[0], user, 1, heldUntil: at(99))
        try store.saveConfirmation(of: held.id, at: at(50))
        _ = try rig.book(&events[0], user, 1)
        try rig.end(&events[0], held, .cancelled)
        try store.commit()
      }
      let ids = events.map(\.id.rawValue)
      let feed = try rig.feed().dropFirst(2)
      #expect(
        feed.map { [$0[0], $0[2], $0[3]] } == [[0, 3, 3], [0, 2, 2], [1, 50, 1], [0, 5, 2]])
      #expect(feed.map { $0[1] }.first == ids[0] && feed.map { $0[1] }.dropFirst().first == ids[1])
    }

    @Test("who joins and leaves in one batch has no row, and both changes are noted")
    func joinedAndLeft() throws {
      let rig = try StoreRig(.postgres)
      let event = try rig.makeEvent(capacity: 9)
      try rig.commit { store in
        let user = try store.insert(.local(1), at: at(1))
        let id = try store.insertWaiting(event: event.id, user: user, quantity: 1, type: nil, at: at(2))
        let entry = WaitingEntry(
          id: id, event: event.id, user: .local(1), quantity: 1, type: nil, joinedAt: at(2))
        try store.deleteWaiting(entry, .left, at: at(2))
        _ = try store.insertWaiting(event: event.id, user: user, quantity: 2, type: nil, at: at(2))
      }
      #expect(try rig.store.allWaiting().map(\.quantity) == [2])
      #expect(try rig.waitingLog().map { $0[0] } == [1, 2, 1])
    }

    @Test("a batch that reads in its middle writes everything once")
    func flushes() throws {
      let rig = try StoreRig(.postgres)
      var event = try rig.makeEvent(capacity: 9)
      try rig.commit { store in
        let user = try store.insert(.local(1), at: at(1))
        for _ in 0..<3 {
          _ = try rig.book(&event, user, 1)
          #expect(try store.bookings(madeIn: event.id, after: 0, through: 99).count == Int(event.seq))
        }
        try store.saveCounts(of: event.id, event.counts)
      }
      let store = try #require(rig.store as? PostgresBookingStore)
      let row = try store.connection.run("SELECT standing, revision, sold FROM event").first {
        [$0.int(0), $0.int(1), $0.int(2)]
      }
      #expect(row == [3, 2, 3])
      var writes = PostgresWrites()
      #expect(writes.isEmpty && !writes.concernsOthers)
      writes.touch(event.id)
      #expect(!writes.isEmpty && writes.touched == [event.id])
    }
  }
#endif
