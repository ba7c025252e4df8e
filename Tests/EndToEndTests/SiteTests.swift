// The documents as pages (script/site): every link leads somewhere, what leads nowhere is found, and the pages are read from the
// disk, in a browser that reaches no server.
import TestSupport
import Testing

private let script = SourceTree.root + "/script/site"
private let canBeMade = (try? run(script, ["--help"]).status) == .exited(0)

@Suite(
  "Documents as pages", .timeLimit(.minutes(30)),
  .enabled(if: canBeMade, "script/site cannot run; script/bootstrap --tests installs what it needs"))
struct SiteTests {
  @Test(
    "Every link of the documents and of the Swift reference leads somewhere, and nothing comes from elsewhere"
  )
  func links() throws {
    let folder = try TemporaryFolder()
    let modules = try ServerProcess.executable().split(separator: "/").dropLast().joined(separator: "/")
    let made = try run(
      script, ["--out", folder.path, "--modules", "/\(modules)/Modules"], within: .seconds(300))
    #expect(made.status == .exited(0), "\(made.error)")
    for page in ["index", "docs/guides/SELL", "docs/guides/checkout.py", "swift/seatcastclient/eventhandle"] {
      #expect(contents(of: "\(folder.path)/\(page).html") != nil, "\(page)")
    }
    let reference = contents(of: folder.path + "/swift/seatcastclient/eventhandle.html") ?? []
    #expect(String(decoding: reference, as: UTF8.self).contains("<dt>quantity</dt>"))
  }

  @Test(
    "A missing file, a missing heading and a document that the navigation lacks are told, each by a sentence")
  func faults() throws {
    let (folder, docs) = (try TemporaryFolder(), "docs")
    let made = try run("mkdir", ["-p", folder.path + "/docs/guides", folder.path + "/out"])
    #expect(made.status == .exited(0))
    try put(
      "# One\n\n[gone](\(docs)/GONE.md) [two](\(docs)/TWO.md#nowhere)\n", at: folder.path + "/README.md")
    try put("# All\n\n## Read\n\n- [Two](TWO.md)\n", at: folder.path + "/docs/README.md")
    try put(
      "# Two\n\n[here](#two) ![dot](https://elsewhere.example/dot.png)\n", at: "\(folder.path)/\(docs)/TWO.md"
    )
    try put("# Three\n", at: "\(folder.path)/\(docs)/guides/THREE.md")
    let words = ["--root", folder.path, "--out", folder.path + "/out", "--modules", "none"]
    let ended = try run(script, words, within: .seconds(120))
    #expect(ended.status == .exited(1))
    for sentence in [
      "README.md links to \(docs)/GONE.md, which is not there.",
      "index.html links to docs/TWO.html#nowhere, and that page has no such heading.",
      "\(docs)/guides/THREE.md is not in \(docs)/README.md.",
      "docs/TWO.html loads https://elsewhere.example/dot.png from elsewhere.",
    ] {
      #expect(ended.error.contains("seatcast: \(sentence)\n"), "\(ended.error)")
    }
    try put("mine", at: folder.path + "/docs/guides/mine.txt")
    let refused = try run(
      script, ["--root", folder.path, "--out", folder.path + "/docs/guides", "--modules", "none"],
      within: .seconds(120))
    #expect(refused.status == .exited(1) && refused.error.contains("did not make"))
    #expect(contents(of: folder.path + "/docs/guides/mine.txt") != nil)
  }

  @Test(
    "From the disk the pages are searched, fit into a narrow window, and axe-core finds nothing in light and dark",
    .enabled(
      if: Chromium.program != nil && axe != nil, "no chromium or no axe-core; script/bootstrap --tests"))
  func read() async throws {
    let complaints = try await onItsOwnThread {
      let folder = try TemporaryFolder()
      let made = try run(script, ["--out", folder.path, "--modules", "none"], within: .seconds(120))
      guard made.status == .exited(0) else { throw TestFailure(made.error) }
      let browser = try Chromium()
      let page = try browser.openPage("file://\(folder.path)/index.html")
      try page.wait("the menu", until: "document.querySelectorAll('nav a').length > 20")
      try page.requireAccessible("the first page")
      _ = try page.evaluate("document.querySelector('nav a[href$=\"SELL.html\"]').click()")
      try page.wait(
        "the guide", until: "document.querySelector('article h1').textContent === 'Sell an event'")
      try page.requireAccessible("a guide")
      _ = try page.evaluate(
        """
        const search = document.querySelector('#words')
        search.value = 'wall clock'
        search.dispatchEvent(new Event('input'))
        """)
      try page.wait("something is found", until: "document.querySelectorAll('#found li').length > 1")
      try page.requireAccessible("what was found")
      _ = try page.evaluate("document.querySelector('#found a').click()")
      try page.wait("the place", until: "location.pathname.endsWith('OPERATING.html')")
      try page.requireAccessible("a long document with tables")
      for name in ["docs/OPERATING.html", "docs/API.html", "docs/guides/checkout.py.html"] {
        try page.open("file://\(folder.path)/\(name)")
        try page.resize(width: 320)
        try page.wait("the page", until: "document.readyState === 'complete'")
        try page.require("\(name) fits", "document.scrollingElement.scrollWidth <= 320")
        try page.require("the menu is folded", "!document.querySelector('.menu').open")
      }
      return browser.complaints
    }
    #expect(complaints == [])
  }
}
