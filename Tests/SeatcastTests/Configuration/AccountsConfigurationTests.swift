import ControlPlane
import Testing

@testable import seatcast

@Suite("AccountsConfiguration")
struct AccountsConfigurationTests {
  private func accounts(
    _ arguments: [String], _ environment: [String: String] = [:]
  ) throws(UsageError) -> AccountsConfiguration {
    guard case .serve(let settings) = try Invocation.parse(["serve"] + arguments, environment: environment)
    else {
      throw UsageError("not serve")
    }
    return try ServeConfiguration(settings).accounts
  }

  private func complaint(_ arguments: [String]) -> String? {
    do throws(UsageError) {
      _ = try accounts(arguments)
      return nil
    } catch {
      return error.description
    }
  }

  @Test("accounts are local and anybody may register, unless it is said otherwise")
  func local() throws {
    let plain = try accounts([])
    #expect(plain.kind == .local && plain.registration && plain.audience == nil)
    #expect(try !accounts(["--registration", "off"]).registration)
    #expect(try accounts(["--audience", "tickets"]).audience == "tickets")
  }

  @Test("external accounts have an issuer, and may have an audience and an admin claim")
  func external() throws {
    let found = try accounts([
      "--accounts", "external", "--issuer", "https://id.example", "--audience", "a", "--admin-claim",
      "role=admin",
    ])
    #expect(found.kind == .external(issuer: "https://id.example", adminClaim: AdminClaim("role=admin")))
    #expect(!found.registration && found.audience == "a")
    let environment = [
      "SEATCAST_ACCOUNTS": "external", "SEATCAST_ISSUER": "i", "SEATCAST_AUDIENCE": "a",
      "SEATCAST_ADMIN_CLAIM": "r=x", "SEATCAST_REGISTRATION": "off",
    ]
    #expect(
      try accounts([], environment).kind == .external(issuer: "i", adminClaim: AdminClaim("r=x")))
  }

  @Test("the other system signs with a secret, or with keys of which a file has the public ones")
  func keySet() throws {
    let external = ["--accounts", "external", "--issuer", "i"]
    #expect(try accounts(external).keySetFile == nil)
    #expect(try accounts(external + ["--jwks-file", "keys.json"]).keySetFile == "keys.json")
    #expect(try accounts(external, ["SEATCAST_JWKS_FILE": "f"]).keySetFile == "f")
    #expect(complaint(["--jwks-file", "f"]) == "--jwks-file needs --accounts external.")
    #expect(
      complaint(external + ["--jwks-file", "f", "--jwt-secret-file", "g"])
        == "--jwt-secret-file and --jwks-file are both set; the other system signs with one of them.")
  }

  @Test(
    "what does not go together is refused in one sentence",
    arguments: [
      (
        ["--accounts", "external"],
        "--accounts external needs --issuer, the iss of the other system's tokens."
      ),
      (
        ["--accounts", "external", "--issuer", "seatcast"],
        "--issuer must not be 'seatcast': this server's own accounts have that issuer."
      ),
      (
        ["--accounts", "external", "--issuer", "i", "--registration", "on"],
        "--registration must be 'off' with --accounts external: the other system has the accounts."
      ),
      (
        ["--accounts", "external", "--issuer", "i", "--admin-claim", "admin"],
        "--admin-claim must be like 'role=admin', not 'admin'."
      ),
      (["--issuer", "i"], "--issuer needs --accounts external."),
      (["--admin-claim", "role=admin"], "--admin-claim needs --accounts external."),
      (
        ["--accounts", "extern"],
        "--accounts must be 'local' or 'external', not 'extern'. Did you mean 'external'?"
      ),
    ])
  func refusals(arguments: [String], sentence: String) {
    #expect(complaint(arguments) == sentence)
  }
}
