import ControlPlane
import Testing

@testable import seatcast

@Suite("Administration's tables")
struct AdminTablesTests {
  @Test("every command has a table, and takes --data and --json", arguments: AdminRequest.Command.allCases)
  func tables(command: AdminRequest.Command) throws {
    let table = try #require(CommandTable.all.first { $0.name == command.rawValue })
    #expect(table.group == .administration)
    #expect(table.flag(named: "--data") != nil && table.flag(named: "--json") != nil)
    #expect(Set(table.flags.map(\.setting)).count == table.flags.count)
  }

  @Test("no command takes a password as an argument")
  func passwords() {
    for table in CommandTable.all {
      #expect(table.flag(named: "--password") == nil)
      #expect(!table.operands.contains { $0.name.lowercased().contains("password") })
    }
  }

  private func complaint(_ arguments: [String]) -> String? {
    do throws(UsageError) {
      _ = try Invocation.parse(arguments, environment: [:])
      return nil
    } catch {
      return error.description
    }
  }

  @Test(
    "what is missing or too much is told in one sentence",
    arguments: [
      (
        ["event"],
        "'seatcast event' needs one of create, list, capacity, pause, resume, cancel."
          + " Try 'seatcast event --help'."
      ),
      (
        ["event", "lsit"],
        "There is no command 'event lsit'. Did you mean 'list'? Try 'seatcast event --help'."
      ),
      (["evnet", "list"], "There is no command 'evnet'. Did you mean 'event'? Try 'seatcast --help'."),
      (["event", "pause"], "'seatcast event pause' needs ID. Try 'seatcast event pause --help'."),
      (
        ["event", "pause", "1", "2"],
        "'seatcast event pause' does not take '2'. Try 'seatcast event pause --help'."
      ),
      (
        ["user", "role", "x@y.z"],
        "'seatcast user role' needs user|admin. Try 'seatcast user role --help'."
      ),
    ])
  func refusals(arguments: [String], sentence: String) {
    #expect(complaint(arguments) == sentence)
  }

  @Test("operands and flags may stand in any order, and behind -- all are operands")
  func operands() throws {
    func settings(_ arguments: [String]) throws -> Settings? {
      if case .administer(_, let settings) = try Invocation.parse(arguments, environment: [:]) {
        settings
      } else {
        nil
      }
    }
    #expect(try settings(["event", "capacity", "--by", "-3", "7"])?.operands == ["7"])
    #expect(try settings(["event", "capacity", "7", "--by=-3"])?[.by]?.text == "-3")
    #expect(try settings(["user", "disable", "--", "-odd"])?.operands == ["-odd"])
    #expect(try settings(["token", "inspect", "-"])?.operands == ["-"])
    #expect(try settings(["token", "inspect"])?.operands == [])
  }

  @Test("help is there for a command, and for those that begin with one word")
  func help() throws {
    #expect(try Invocation.parse(["event", "--help"], environment: [:]) == .print(Help.group("event")))
    let pause = try #require(CommandTable.all.first { $0.name == "event pause" })
    #expect(
      try Invocation.parse(["event", "pause", "-h"], environment: [:]) == .print(Help.text(for: pause)))
    #expect(
      Help.text(for: pause).contains("Usage: seatcast event pause ID [FLAGS]\n\n  ID  The event's number."))
    #expect(Help.group("event").contains("  event capacity    Change how many"))
  }
}
