#if Cluster
  import Testing

  @testable import ControlPlane

  @Suite("PostgreSQL address")
  struct PostgresAddressTests {
    @Test("a URL is described without its password, and keeps every parameter")
    func described() throws {
      let address = try PostgresAddress(
        "postgresql://ada:p%40ss@db.example.org:6432/tickets?sslmode=verify-full&options=-csearch_path%3Dlive"
      )
      #expect(address.description == "ada@db.example.org:6432/tickets")
      let parameters = Dictionary(uniqueKeysWithValues: address.parameters.map { ($0.name, $0.value) })
      #expect(parameters["password"] == "p@ss")
      #expect(parameters["sslmode"] == "verify-full")
      #expect(parameters["options"] == "-csearch_path=live")
    }

    @Test("a URL without a host means the local one")
    func local() throws {
      #expect(try PostgresAddress("postgres:///tickets").description == "the local host/tickets")
    }

    @Test(
      "what is no URL of PostgreSQL is refused without being repeated",
      arguments: [
        "postgres://ada:s3cret@[::1/db", "postgres://ada:s3%zzcret@host/db",
        "mysql://ada:s3cret@h",
        "postgres://ada:s3cret@host/db?nonsense=s3cret", "",
      ])
    func refused(_ url: String) {
      let failure = #expect(throws: StartFailure.self) { try PostgresAddress(url) }
      #expect(failure?.description.contains("s3cret") == false)
    }

    @Test("the two schemes name a database, a folder does not")
    func schemes() {
      #expect(PostgresAddress.isAddress("postgres://h/d") && PostgresAddress.isAddress("postgresql://"))
      #expect(!PostgresAddress.isAddress("./data") && !PostgresAddress.isAddress("nats://h"))
    }

    @Test("the ledger's session ends when it is silent, and a reader writes nothing")
    func sessions() {
      func settings(_ session: PostgresSession) -> [String: String] {
        Dictionary(uniqueKeysWithValues: session.settings.map { ($0.name, $0.value) })
      }
      #expect(settings(.writer("a"))["idle_session_timeout"] == "10s")
      #expect(settings(.reader("a"))["idle_session_timeout"] == "0s")
      #expect(settings(.reader("a"))["default_transaction_read_only"] == "on")
      #expect(settings(.follower("a"))["default_transaction_read_only"] == "off")
    }
  }
#endif
