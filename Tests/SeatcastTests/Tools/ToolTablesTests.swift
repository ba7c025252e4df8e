import SeatcastClient
import Testing

@testable import seatcast

@Suite("ToolTables")
struct ToolTablesTests {
  @Test(
    "The commands are told apart",
    arguments: [
      ["listen", "--event", "1"], ["top"], ["rehearse", "--users", "5"], ["verify", "--json", "f"],
    ])
  func parse(words: [String]) throws {
    switch try Invocation.parse(words, environment: [:]) {
    case .listen(let settings): #expect(try words[0] == "listen" && settings.text(.event) == "1")
    case .top: #expect(words[0] == "top")
    case .rehearse(let settings): #expect(try words[0] == "rehearse" && settings.text(.users) == "5")
    case .verify(let settings):
      #expect(words[0] == "verify" && settings.operands == ["f"] && settings.has(.json))
    default: Issue.record("another command")
    }
  }

  @Test("What a tool cannot work with is refused in one sentence")
  func refuses() throws {
    for words in [["listen"], ["listen", "--event", "x"], ["listen", "--event", "1", "--url", "ftp://a"]] {
      guard case .listen(let settings) = try Invocation.parse(words, environment: [:]) else {
        Issue.record("another command")
        return
      }
      #expect(throws: UsageError.self) { try Listen.run(settings) }
    }
    guard case .top(let settings) = try Invocation.parse(["top"], environment: [:]) else { return }
    #expect(throws: UsageError.self) { try Top.run(settings) }
  }

  @Test("A token file holds one token, whatever the white space around it")
  func access() throws {
    guard
      case .listen(let settings) = try Invocation.parse(
        ["listen", "--event", "1", "--token-file", "nowhere"],
        environment: ["SEATCAST_URL": "https://a.example"])
    else { return }
    let access = try ToolAccess(settings)
    #expect(access.server.description == "https://a.example" && access.tokenFile == "nowhere")
    #expect(throws: AdminError.self) { try ToolAccess.token(in: "nowhere") }
  }
}
