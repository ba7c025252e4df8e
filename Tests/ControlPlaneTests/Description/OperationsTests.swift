import TestSupport
import Testing

@testable import ControlPlane

@Suite("Operation table")
struct OperationsTests {
  /// Paths that the executable answers by itself.
  private let ownPages: Set = ["/livez", "/readyz", "/metrics", "/openapi.json", "/asyncapi.json", "/docs"]

  private func who(_ endpoint: Endpoint) -> Operation.Access {
    switch endpoint {
    case .anyone: .anyone
    case .optionalUser: .optionalUser
    case .watcher: .watcher
    case .user, .userCommand: .user
    case .admin, .adminCommand: .admin
    case .adminOrService: .adminOrFeed
    case .callerCommand: .userOrPayments
    }
  }

  @Test("Every route has an operation and every operation a route, for the same people")
  func routes() {
    let routes = Set(RoutesTests().routes.map { "\($0.method) \($0.path.text) \(who($0.endpoint))" })
    let operations = Operations.all.filter { !ownPages.contains($0.path) }
      .map { "\($0.method) \($0.path) \($0.access)" }
    #expect(routes.symmetricDifference(operations) == [])
    #expect(Set(operations).count == operations.count)
    #expect(Set(Operations.all.map(\.id)).count == Operations.all.count)
  }

  @Test("A path with a parameter says what it is, another has none")
  func parameters() {
    for operation in Operations.all {
      #expect((operation.pathParameter != nil) == operation.path.contains("{id}"), "\(operation.id)")
    }
  }

  @Test("Every kind of problem is documented where it can occur, under its own status")
  func problems() {
    var documented: Set<String> = []
    for operation in Operations.all {
      for (status, types) in operation.problems {
        documented.formUnion(types)
        #expect(Set(types).count == types.count, "\(operation.id)")
        for problem in ProblemType.allCases where types.contains(problem.uri) {
          #expect(problem.status == status)
        }
      }
    }
    // No method of the table can lead to it.
    let elsewhere: Set = [ProblemType.methodNotAllowed.uri]
    #expect(Set(ProblemType.allCases.map(\.uri)).subtracting(documented) == elsewhere)
  }

  @Test("What follows from the kind of an operation is derived")
  func derived() throws {
    func statuses(_ id: String) throws -> [Int] {
      try #require(Operations.all.first { $0.id == id }).problems.map(\.status)
    }
    #expect(try statuses("isAlive") == [404, 429])
    #expect(try statuses("createEvent") == [400, 401, 403, 415, 422, 429, 500, 503])
    #expect(try statuses("getEvent") == [400, 404, 412, 429, 500, 503])
  }
}
