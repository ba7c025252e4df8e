import ControlPlane
import TestSupport
import Testing

@testable import seatcast

@Suite("Readiness")
struct ReadinessTests {
  @Test("a server that is about to stop says so, and still answers")
  func leaves() throws {
    let folder = try TemporaryFolder()
    let flags: [Setting: String] = [.port: "0", .data: folder.path + "/data", .loops: "1"]
    let assembly = try Assembly(
      ServeConfiguration(Settings(flags: flags, environment: [:], table: .serve)), secrets: TokenSecrets(),
      log: Log(format: .json, output: LinesKept(), now: { 0 }))
    let client = HTTPClient(port: try assembly.start())
    defer { assembly.stop() }
    #expect(assembly.readiness.isReady)
    #expect(try client.get("/readyz").status == 200)
    assembly.readiness.leave()
    #expect(!assembly.readiness.isReady)
    let answer = try client.get("/readyz")
    #expect(answer.status == 503)
    #expect(answer.text == "not ready: the server is stopping\n")
    #expect(try client.get("/livez").status == 200)
    #expect(try client.get("/api/events").status == 200)
    client.disconnect()
  }
}
