import TestSupport
import Testing

@testable import seatcast

@Suite("What 'doctor' finds of the cluster")
struct DoctorClusterTests {
  private func configuration(_ arguments: [String]) throws -> ServeConfiguration {
    let environment = ["SEATCAST_JWT_SECRET": "0123456789012345678901234567890123456789"]
    guard case .doctor(let settings) = try Invocation.parse(["doctor"] + arguments, environment: environment)
    else { throw TestFailure("not doctor") }
    return try ServeConfiguration(settings)
  }

  @Test("Nothing for a server by itself")
  func alone() throws { #expect(try DoctorCluster.findings(configuration([])).isEmpty) }

  #if Cluster
    @Test("A database and a bus that do not answer are told, without passwords")
    func away() throws {
      let findings = try DoctorCluster.findings(
        configuration([
          "--store", "postgres://a:hush@127.0.0.1:1/d", "--bus", "nats://a:hush@127.0.0.1:1", "--node", "n",
        ]))
      #expect(findings.map(\.subject) == ["store", "bus"] && findings.map(\.grade) == [.fail, .warn])
      #expect(!findings.contains { $0.sentence.contains("hush") })
    }

    @Test("A database that answers is told with its version", .enabled(if: PostgresServer.isInstalled))
    func there() throws {
      let url = try PostgresServer.shared().createDatabase()
      let findings = try DoctorCluster.findings(configuration(["--store", url]))
      #expect(findings.map(\.grade) == [.ok, .ok] && findings[0].sentence.contains("PostgreSQL"))
    }
  #endif
}
