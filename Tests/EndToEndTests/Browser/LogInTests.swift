// The site of docs/guides/LOG_IN.md in a browser: whoever is logged in there books at seatcast, on a page of another origin.
import TestSupport
import Testing

@Suite(
  "A site's own log-in", .serialized,
  .enabled(if: Chromium.program != nil && isInstalled("python3"), "no chromium or no python3 on PATH"))
struct LogInTests {
  @Test("Two people of the site see each other's bookings, and after the log-out nobody books")
  func book() async throws {
    let complaints = try await onItsOwnThread {
      let (folder, sitePort) = (try TemporaryFolder(), try freePort())
      let (issuer, secret) = ("https://www.shop.example", folder.path + "/secret")
      try put(ServerProcess.secret + "\n", at: secret)
      let server = try ServerProcess(
        ServerOptions(arguments: [
          "--accounts", "external", "--issuer", issuer, "--origins", "http://127.0.0.1:\(sitePort)",
          "--watch",
          "public",
        ]))
      let made = try run(
        ServerProcess.executable(),
        ["event", "create", "--name", "Night", "--seats", "50", "--data", server.folder.path])
      guard made.status == .exited(0) else { throw TestFailure(made.error) }
      let site = try ChildProcess(
        "python3",
        [
          "-B", SourceTree.root + "/docs/guides/log_in.py", "--secret-file", secret, "--issuer", issuer,
          "--port",
          String(sitePort), "--seatcast", "http://127.0.0.1:\(server.port)",
        ])
      defer { site.signal(9) }
      _ = try ServerProcess.awaitPort(of: site, line: "the shop is at")

      let browser = try Chromium()
      let people = try ["ada", "bob"].map { name in
        let page = try browser.openPage("http://127.0.0.1:\(sitePort)/")
        try page.wait("the form", until: "document.querySelector('input')")
        _ = try page.evaluate(
          "document.querySelector('input').value = '\(name)'; document.querySelector('form').submit()")
        try page.wait("the count", until: "document.getElementById('left').textContent === '50'")
        return page
      }
      _ = try people[0].evaluate("document.getElementById('book').click()")
      try people[0].wait("the booking", until: "document.getElementById('told').textContent.includes('BK-')")
      for page in people {
        try page.wait("the count", until: "document.getElementById('left').textContent === '49'")
      }
      _ = try people[1].evaluate("fetch('/log-out')")
      let status = try people[1].evaluate("fetch('/seat-token').then(({ status }) => status)")
      #expect(status == 401)
      return browser.complaints
    }
    #expect(complaints == [])
  }
}
