#if Cluster
  import Testing

  @testable import ControlPlane

  @Suite("PostgreSQL failure")
  struct PostgresFailureTests {
    private func failure(_ state: String?, _ message: String = "text") throws -> StoreFailure {
      StoreFailure(state: state, message: message, address: try PostgresAddress("postgres://ada:pw@h:1/d"))
    }

    @Test("another transaction in the way is contention", arguments: ["40P01", "40001", "55P03"])
    func contention(_ state: String) throws {
      #expect(try failure(state).isContention)
      #expect(try failure(state).code == StoreFailure.refused)
    }

    @Test("the end of a session is no refusal", arguments: [nil, "08006", "57P01", "57P05", "25P03"])
    func unreachable(_ state: String?) throws {
      let failure = try failure(state, "server closed\n\tthe connection\n")
      #expect(failure.code == StoreFailure.unreachable)
      #expect(failure.message == "the database ada@h:1/d does not answer: server closed the connection")
      #expect(failure.reason == "the database does not answer")
      #expect(!failure.isContention)
    }

    @Test("a full disk and damage are what they are with SQLite")
    func sameCodes() throws {
      #expect(try failure("53100").code == StoreFailure.full)
      #expect(try failure("XX001").code == StoreFailure.corrupt)
      #expect(try failure("23514").reason == "the database refuses what is written (SQLSTATE 23514)")
      #expect(try failure("23514").message == "text (SQLSTATE 23514)")
    }
  }
#endif
