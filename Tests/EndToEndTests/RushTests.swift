// Method: 200 people fight for 100 seats with retries and cancellations while 50 subscribers watch; once in
// peace, once while the server is killed and restarted ten times. Everything that was acknowledged, heard and
// stored is then held against one model that replays the notices.
import Glibc
import TestSupport
import Testing

@testable import seatcast

@Suite("A rush", .timeLimit(.minutes(30)), .serialized)
struct RushTests {
  private static let seats = 100

  @Test(
    "two hundred people and a hundred seats: never oversold, everything heard once, in order, by everybody")
  func inPeace() throws {
    let rush = try makePlane()
    try play(rush, rounds: 10) {}
  }

  @Test("the same across ten kills: nothing acknowledged is lost, nothing is booked twice")
  func acrossKills() throws {
    let rush = try makePlane()
    try play(rush, rounds: nil) {
      for _ in 1...10 {
        let start = try rush.seq()
        // Each life sees some bookings before it ends in the midst of others.
        try eventually(within: .seconds(60), "bookings go on") { try rush.seq() > start + 40 }
        try rush.server.kill9()
        try rush.server.restart()
      }
      let start = try rush.seq()
      try eventually(within: .seconds(60), "bookings go on after the last restart") {
        try rush.seq() > start + 40
      }
    }
  }

  @Test("the same across power cuts that take what was not synced")
  func acrossPowerCuts() throws {
    let power = try PowerCut()
    let rush = try makePlane(power)
    try play(rush, rounds: nil) {
      for seed in UInt64(1)...5 {
        let start = try rush.seq()
        try eventually(within: .seconds(60), "bookings go on") { try rush.seq() > start + 40 }
        try rush.server.kill9()
        try power.strike(seed: seed)
        try rush.server.restart()
      }
      let start = try rush.seq()
      try eventually(within: .seconds(60), "bookings go on at last") { try rush.seq() > start + 40 }
    }
  }

  @Test(
    "the same with freezes, kills and power cuts at random moments, round after round",
    .enabled(if: Seeds.soakSeconds != nil))
  func soak() throws {
    let deadline = Deadline(.seconds(Seeds.soakSeconds ?? 0))
    var random = SeededRandom(seed: UInt64.random(in: 0...UInt64.max))
    while !deadline.hasPassed {
      let power = try PowerCut()
      let rush = try makePlane(power)
      try play(rush, rounds: nil) {
        for _ in 0..<8 where !deadline.hasPassed {
          pause(milliseconds: Int.random(in: 200...4_000, using: &random))
          try disturb(rush, power, &random)
        }
      }
    }
  }

  /// Freezes the server's process, kills it, or both; with the power goes what was not synced.
  private func disturb(_ rush: RushServer, _ power: PowerCut, _ random: inout SeededRandom) throws {
    let kind = Int.random(in: 0..<3, using: &random)
    if kind > 0 {
      rush.server.process.signal(SIGSTOP)
      pause(milliseconds: Int.random(in: 100...6_000, using: &random))
    }
    if kind == 1 { return rush.server.process.signal(SIGCONT) }
    try rush.server.kill9()
    if Bool.random(using: &random) { try power.strike(seed: random.next()) }
    try rush.server.restart()
  }

  private func makePlane(_ power: PowerCut? = nil) throws -> RushServer {
    // A secret of its own: whoever gets this server's port after a kill refuses its tokens.
    let secret = "the secret of rush \(UInt64.random(in: 0...UInt64.max)), long enough"
    var options = ServerOptions()
    options.environment = ["SEATCAST_JWT_SECRET": secret]
    if let power { options.environment.merge(try power.environment()) { own, _ in own } }
    let server = try TestServer(options, folder: power?.folder)
    let event = try server.event(seats: Self.seats)
    let rush = RushServer(
      server: server.server, mint: TokenMint(secret: secret), event: event,
      history: try HistoryRecorder(by: "the rush"))
    let state = try server.server.client().get("/api/events/\(event)").body
    rush.history.record(HistoryText.event(event, epoch: nil, isExclusive: true, state: state))
    return rush
  }

  private func play(_ rush: RushServer, rounds: Int?, director: () throws -> Void) throws {
    try RushPlay(rush: rush, seats: Self.seats, people: 200, watchers: 50).play(
      rounds: rounds, director: director)
  }
}
