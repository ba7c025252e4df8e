// "Five minutes" of README.md, done as it says: two windows, a booking in one, the printed command, a kill -9, and the program.
import TestSupport
import Testing

@Suite(
  "Five minutes", .serialized,
  .enabled(if: Chromium.program != nil && isInstalled("curl"), "no chromium or no curl on PATH"))
struct FiveMinutesTests {
  /// What the demo server has printed.
  private struct Printed {
    let text: String

    func password(of email: String) throws -> String {
      let line = text.split(separator: "\n").first { $0.contains(email) && $0.contains("password ") }
      return try String(#require(line?.split(separator: " ").last))
    }

    func token(of email: String) throws -> String {
      let lines = text.split(separator: "\n")
      let place = try #require(lines.firstIndex { $0.drop { $0 == " " } == email[...] })
      return String(lines[place + 1].drop { $0 == " " })
    }

    /// The command behind `curl`, as it is pasted.
    func command() throws -> String {
      try String(#require(text.split(separator: "\n").first { $0.hasPrefix("  curl ") }))
    }
  }

  @Test("A booking in a window, one by the printed command, a kill -9 and the program: every count is right")
  func followed() async throws {
    let readme = String(decoding: contents(of: SourceTree.root + "/README.md") ?? [], as: UTF8.self)
    let program = try #require(
      readme.split(separator: "```js\n").dropFirst().first?.split(separator: "```").first)
    let complaints = try await onItsOwnThread {
      var options = ServerOptions()
      options.demo = true
      let server = try ServerProcess(options)
      try eventually("everything is printed") {
        server.process.standardOutput.contains("Ctrl-C stops the server.")
      }
      let printed = Printed(text: server.process.standardOutput)
      let browser = try Chromium()
      let windows = try ["alice", "bob"].map { name in
        let page = try browser.openPage("http://127.0.0.1:\(server.port)/")
        try page.logIn("\(name)@demo.seatcast", printed.password(of: "\(name)@demo.seatcast"))
        _ = try page.evaluate("document.querySelector('a[href=\"#/events/1\"]').click()")
        try page.waitForNumber(50, in: "available-seats")
        return page
      }
      func bothShow(_ seats: Int) throws {
        for window in windows { try window.waitForNumber(seats, in: "available-seats") }
      }
      try windows[0].click("book-button")
      try bothShow(49)
      let pasted = try run("bash", ["-c", printed.command()])
      guard pasted.output.contains(#""availableSeats":48"#) else { throw TestFailure(pasted.output) }
      try bothShow(48)
      try server.kill9()
      try server.restart(samePort: true)
      for window in windows { try window.waitUntilLive() }
      try bothShow(48)
      let mine = try program.replacing("…", with: printed.token(of: "bob@demo.seatcast"))
      _ = try windows[1].evaluate(
        "(async () => { window.said = []; console.log = (seats) => window.said.push(seats)\n\(mine)\n})()")
      try windows[1].wait("the program prints the count", until: "window.said.at(-1) === 48")
      try windows[1].click("book-button")
      try windows[1].wait("and follows it", until: "window.said.at(-1) === 47")
      return browser.complaints
    }
    #expect(complaints == [])
  }
}
