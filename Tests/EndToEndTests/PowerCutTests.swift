// Method: the real executable runs with a library before it that keeps what its syncs have covered (Tests/CPowerCut). It is killed
// with -9, then the power cut takes from its folder what was not synced: pages, sizes, names of files that were made,
// renamed or deleted. The next start must find everything that was acknowledged.
import Glibc
import TestSupport
import Testing

@Suite("Power cuts under the executable", .timeLimit(.minutes(30)))
struct PowerCutTests {
  private func options(_ power: PowerCut) throws -> ServerOptions {
    var options = ServerOptions()
    options.environment = try power.environment()
    return options
  }

  @Test("every acknowledged booking stands after each of ten power cuts")
  func bookings() throws {
    let power = try PowerCut()
    let server = try TestServer(options(power), folder: power.folder)
    let event = try server.event(seats: 1_000)
    var booked: [String] = []
    for seed in UInt64(1)...10 {
      for _ in 0..<Int(seed % 4 + 1) { booked.append(try server.person(5).book(event).word("bookingId")) }
      try server.server.kill9()
      try power.strike(seed: seed)
      try server.server.restart()
      for booking in booked {
        #expect(
          try server.person(5).get("/api/bookings/\(booking)").status == 200, "seed \(seed): \(booking)")
      }
      let found = try server.admin().get("/api/events/\(event)").json()
      #expect(try found.number("availableSeats") == 1_000 - booked.count, "seed \(seed)")
    }
  }

  @Test("a server whose syncs store nothing loses everything, and the next start says nothing of it")
  func lies() throws {
    let power = try PowerCut(liesAboutSyncs: true)
    let server = try TestServer(options(power), folder: power.folder)
    let event = try server.event(seats: 10)
    try server.person(5).book(event)
    try server.server.kill9()
    // A cut that leaves nothing of what was not synced.
    let seed = try #require((1...50 as ClosedRange<UInt64>).first { PowerCut.leavesNothing(seed: $0) })
    try power.strike(seed: seed)
    try server.server.restart()
    #expect(try server.admin().get("/api/events/\(event)").status == 404)
  }

  @Test("a first start that is cut at any moment can be made again")
  func firstStarts() throws {
    var random = SeededRandom(seed: 7)
    for seed in UInt64(1)...12 {
      let power = try PowerCut()
      let options = try self.options(power)
      // Without a secret of the environment the server makes and keeps one.
      let words = ServerProcess.words(options, folder: power.folder.path, port: 0)
      var environment = ServerProcess.environment(options)
      environment["SEATCAST_JWT_SECRET"] = nil
      let first = try ChildProcess(try ServerProcess.executable(), words, environment: environment)
      usleep(UInt32.random(in: 0...400_000, using: &random))
      first.signal(SIGKILL)
      _ = try first.wait()
      try power.strike(seed: seed)
      let next = try ChildProcess(try ServerProcess.executable(), words, environment: environment)
      #expect(try ServerProcess.awaitPort(of: next) > 0, "seed \(seed)")
    }
  }
}
