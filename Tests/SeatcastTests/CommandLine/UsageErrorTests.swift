import Testing

@testable import seatcast

@Suite("Errors of starting")
struct UsageErrorTests {
  @Test("An error is its sentence, and the exit statuses differ")
  func sentences() {
    #expect("\(UsageError("No such flag."))" == "No such flag.")
    #expect("\(StartError("Port in use."))" == "Port in use.")
    #expect(UsageError.exitStatus == 64)
    #expect(StartError.exitStatus == 1)
  }
}
