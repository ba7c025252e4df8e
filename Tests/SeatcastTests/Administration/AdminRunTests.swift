import ControlPlane
import TestSupport
import Testing

@testable import seatcast

@Suite("AdminRun")
struct AdminRunTests {
  private func line(_ arguments: [String]) throws -> String {
    guard case .administer(let command, let settings) = try Invocation.parse(arguments, environment: [:])
    else { throw UsageError("no command of administration") }
    return String(
      decoding: AdminRequest(command, try AdminRun.members(of: command, settings)).line, as: UTF8.self)
  }

  @Test("flags become members by the API's names")
  func members() throws {
    #expect(
      try line(["event", "create", "--name", "N", "--seats", "5", "--opens", "2026-01-31T20:00:00Z"])
        == #"{"command":"event create","name":"N","seatCapacity":5,"opensAt":"2026-01-31T20:00:00Z"}"#)
    #expect(
      try line(["event", "create", "--name", "N", "--seats", "5", "--types", "A:3, Row B: left:2,C"])
        == #"{"command":"event create","name":"N","seatCapacity":5,"types":[{"name":"A","capacity":3},"#
        + #"{"name":"Row B: left","capacity":2},{"name":"C"}]}"#)
    #expect(
      try line(["event", "capacity", "3", "--by", "-20"])
        == #"{"command":"event capacity","id":3,"seatCapacityDelta":-20}"#)
    #expect(
      try line(["token", "mint", "a@b.c", "--lifetime", "12h"])
        == #"{"command":"token mint","user":"a@b.c","lifetimeSeconds":43200}"#)
    #expect(
      try line(["user", "role", "7", "admin"]) == #"{"command":"user role","user":"7","role":"admin"}"#)
    #expect(try line(["token", "inspect", "x.y.z"]) == #"{"command":"token inspect","token":"x.y.z"}"#)
  }

  @Test("tokens are judged by the secrets that the server would be given, the previous one included")
  func secrets() throws {
    let folder = try TemporaryFolder()
    let file = folder.path + "/previous"
    try put(String(repeating: "p", count: 32), at: file)
    let words = [
      "token", "inspect", "x.y.z", "--previous-secret-file", file, "--previous-secret-until",
      "2099-01-31T20:00:00Z",
    ]
    let environment = ["SEATCAST_JWT_SECRET": String(repeating: "s", count: 32)]
    guard
      case .administer(let command, let settings) = try Invocation.parse(words, environment: environment)
    else { throw UsageError("no command of administration") }
    let configuration = try AdminRun.configuration(settings, command)
    #expect(configuration.secret == Array(repeating: UInt8(ascii: "s"), count: 32))
    #expect(configuration.previousSecret?.bytes == Array(repeating: UInt8(ascii: "p"), count: 32))
  }

  @Test("a password comes from a file, without its line break")
  func password() throws {
    let folder = try TemporaryFolder()
    let file = folder.path + "/password"
    try put("geheim 123\n", at: file)
    #expect(
      try line(["user", "passwd", "a@b.c", "--password-file", file])
        == #"{"command":"user passwd","user":"a@b.c","password":"geheim 123"}"#)
  }

  @Test(
    "what is missing or no number is told before anything is done",
    arguments: [
      (
        ["event", "create", "--seats", "5"],
        "'seatcast event create' needs --name. Try 'seatcast event create --help'."
      ),
      (["event", "create", "--name", "x", "--seats", "five"], "--seats must be a whole number, not 'five'."),
      (
        ["event", "create", "--name", "x", "--seats", "5", "--types", "A:2o"],
        "--types must have types like 'Stalls:200' or 'Standing', not 'A:2o'."
      ),
      (["event", "pause", "first"], "ID must be an event's number, not 'first'."),
      (["event", "capacity", "1"], "'seatcast event capacity' needs one of --to and --by."),
      (
        ["event", "capacity", "1", "--to", "1", "--by", "1"],
        "'seatcast event capacity' needs one of --to and --by."
      ),
      (
        ["token", "mint", "1", "--lifetime", "5"],
        "--lifetime must be a time like '12h' or '30d', at most 366 days, not '5'."
      ),
    ])
  func refusals(arguments: [String], sentence: String) {
    #expect {
      try line(arguments)
    } throws: { error in
      (error as? UsageError)?.description == sentence
    }
  }

  @Test("results are printed for people or for scripts, failures have an exit status of their kind")
  func printing() throws {
    let done = AdminAnswer.Outcome.done(json: Array("{}".utf8), text: "fine\n")
    #expect(try AdminRun.text(of: done, asJSON: true) == "{}\n")
    #expect(try AdminRun.text(of: done, asJSON: false) == "fine\n")
    let statuses: [(AdminAnswer.Failure.Kind, Int32)] = [(.data, 65), (.unavailable, 69), (.refused, 1)]
    for (kind, status) in statuses {
      #expect(throws: AdminError("No.", status: status)) {
        try AdminRun.text(of: .failed(.init(kind, "No.")), asJSON: false)
      }
    }
  }
}
