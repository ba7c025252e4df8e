import Testing

@testable import seatcast

@Suite("Program")
struct ProgramTests {
  @Test("A word that is not understood ends with 64, a version with 0")
  func statuses() {
    #expect(Program.run(arguments: ["serve", "--prot", "1"], environment: [:]) == 64)
    #expect(Program.run(arguments: ["serve"], environment: ["SEATCAST_PORT": "x"]) == 64)
    #expect(Program.run(arguments: [], environment: [:]) == 64)
    #expect(Program.run(arguments: ["version"], environment: [:]) == 0)
  }

  @Test("A secret that is too short or not there ends with 1 before anything is touched")
  func startErrors() {
    #expect(Program.run(arguments: ["serve"], environment: ["SEATCAST_JWT_SECRET": "short"]) == 1)
    #expect(Program.run(arguments: ["serve", "--jwt-secret-file", "no/such/file"], environment: [:]) == 1)
  }
}
