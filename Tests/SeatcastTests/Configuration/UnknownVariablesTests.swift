import Testing

@testable import seatcast

@Suite("Unknown variables")
struct UnknownVariablesTests {
  @Test("A mistyped variable is told with a suggestion")
  func mistyped() {
    #expect(
      UnknownVariables.warnings(in: ["SEATCAST_PROT": "1", "PATH": "/bin"])
        == [
          "The variable SEATCAST_PROT is not one of seatcast's and is ignored. Did you mean 'SEATCAST_PORT'?"
        ])
  }

  @Test("What a command reads, and what is not ours, is not told")
  func known() {
    let environment = [
      "SEATCAST_PORT": "1", "SEATCAST_JWT_SECRET": "x", "SEATCAST_ADMIN_PASSWORD_FILE": "x", "SEATS": "1",
    ]
    #expect(UnknownVariables.warnings(in: environment).isEmpty)
  }

  @Test(
    "Service links of Kubernetes are known by their shape",
    arguments: [
      ("SEATCAST_SERVICE_HOST", "10.0.0.1"), ("SEATCAST_SERVICE_PORT", "3000"),
      ("SEATCAST_SERVICE_PORT_HTTP", "3000"), ("SEATCAST_PORT_3000_TCP", "x"),
      ("SEATCAST_PORT_3000_TCP_ADDR", "10.0.0.1"), ("SEATCAST_WEB_PORT", "tcp://10.0.0.1:80"),
    ])
  func links(name: String, value: String) {
    #expect(UnknownVariables.isServiceLink(name, value: value))
    let told = UnknownVariables.warnings(in: [name: value, "SEATCAST_DB_SERVICE_HOST": "10.0.0.2"])
    #expect(told.count == 1 && told[0].contains("enableServiceLinks: false"))
  }

  @Test("Other variables are no links")
  func noLinks() {
    #expect(!UnknownVariables.isServiceLink("SEATCAST_PORT", value: "3000"))
    #expect(!UnknownVariables.isServiceLink("SEATCAST_PORT_TCP", value: "3000"))
  }

  @Test("A service link in place of the port is an error that names it")
  func port() {
    let settings = Settings(flags: [:], environment: ["SEATCAST_PORT": "tcp://10.0.0.1:3000"], table: .serve)
    do throws(UsageError) {
      _ = try settings.number(.port, in: 0...65_535)
      Issue.record("the port was taken")
    } catch {
      #expect(error.description.contains("SEATCAST_PORT must be a number"))
      #expect(error.description.contains("enableServiceLinks: false"))
    }
  }
}
