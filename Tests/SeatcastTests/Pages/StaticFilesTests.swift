import FanoutCore
import Testing

@testable import seatcast

@Suite("Static files")
struct StaticFilesTests {
  private let files = StaticFiles([
    "/": .init(contentType: "text/html; charset=utf-8", bytes: Array("<p>hello".utf8)),
    "/app.js": .init(contentType: "text/javascript", bytes: Array("1".utf8)),
  ])

  @Test("A file comes with its type, its tag and the rules for the browser")
  func get() throws {
    let answer = try #require(files.answer(.make("GET", "/?x=1")))
    #expect(answer.status == 200)
    #expect(answer.text == "<p>hello")
    #expect(answer.value("Content-Type") == "text/html; charset=utf-8")
    #expect(answer.value("Cache-Control") == "no-cache")
    #expect(
      answer.value("Content-Security-Policy")?.hasPrefix("default-src 'self'; connect-src 'self' ws: wss:;")
        == true)
    #expect(answer.value("ETag")?.hasPrefix("\"") == true)
  }

  @Test(
    "What is not in the table is somebody else's",
    arguments: ["/nothing", "/app.js/", "//", "/App.js", "/../app.js", ""])
  func unknown(path: String) {
    #expect(files.answer(.make("GET", path)) == nil)
  }

  @Test("Different bytes have different tags, the same bytes the same one")
  func tags() {
    func tag(_ text: String) -> String {
      StaticFiles.File(contentType: "t", bytes: Array(text.utf8)).plain.etag
    }
    #expect(tag("a") == tag("a"))
    #expect(Set([tag(""), tag("a"), tag("b"), tag("ab"), tag("ba")]).count == 5)
  }

  @Test(
    "A browser that has the file is told so",
    arguments: ["TAG", "W/TAG", "*", "\"x\", TAG", "\"x\" ,W/TAG ,\"y\""])
  func notModified(template: String) throws {
    let tag = try #require(files.answer(.make("GET", "/"))?.value("ETag"))
    let field = template.split(separator: "TAG", omittingEmptySubsequences: false).joined(separator: tag)
    let answer = try #require(files.answer(.make("GET", "/", [("if-none-match", field)])))
    #expect(answer.status == 304)
    #expect(answer.body.isEmpty)
    #expect(answer.value("ETag") == tag)
  }

  @Test("A browser that has another file gets this one", arguments: ["\"x\"", "", "**", "\"\""])
  func modified(field: String) {
    #expect(files.answer(.make("GET", "/", [("If-None-Match", field)]))?.status == 200)
  }

  @Test("If-Match compares strongly, and is looked at before If-None-Match")
  func ifMatch() throws {
    let tag = try #require(files.answer(.make("GET", "/"))?.value("ETag"))
    func status(_ fields: (String, String)...) -> Int? { files.answer(.make("GET", "/", fields))?.status }
    #expect(status(("If-Match", tag)) == 200 && status(("If-Match", "\"x\", \(tag)")) == 200)
    #expect(status(("If-Match", "*")) == 200)
    #expect(status(("If-Match", "\"x\"")) == 412 && status(("If-Match", "W/\(tag)")) == 412)
    #expect(status(("If-Match", "\"x\""), ("If-None-Match", tag)) == 412)
    #expect(status(("If-Match", tag), ("If-None-Match", tag)) == 304)
    let answer = try #require(files.answer(.make("GET", "/", [("If-Match", "\"x\"")])))
    #expect(answer.value("ETag") == tag && answer.value("Content-Type") == "application/problem+json")
  }

  @Test("Only reading is possible", arguments: ["POST", "PUT", "DELETE", "get", "PROPFIND"])
  func methods(method: String) throws {
    let answer = try #require(files.answer(.make(method, "/app.js")))
    #expect(answer.status == 405)
    #expect(answer.value("Allow") == "GET, HEAD, OPTIONS")
    #expect(answer.value("Content-Type") == "application/problem+json")
  }

  @Test("HEAD and OPTIONS work")
  func otherMethods() {
    #expect(files.answer(.make("HEAD", "/app.js"))?.status == 200)
    #expect(files.answer(.make("OPTIONS", "/app.js"))?.status == 204)
  }

  @Test("A file is compressed for those who take that, once, under a tag of its own")
  func compressed() throws {
    let text = String(repeating: "seats left ", count: 200)
    let files = StaticFiles(["/a": .init(contentType: "text/plain", bytes: Array(text.utf8))])
    let plain = try #require(files.answer(.make("GET", "/a")))
    let small = try #require(files.answer(.make("GET", "/a", [("Accept-Encoding", "gzip, br")])))
    #expect(plain.text == text && plain.value("Content-Encoding") == nil)
    #expect(small.value("Content-Encoding") == "gzip" && small.body.count < 100)
    #expect(plain.value("Vary") == "Accept-Encoding" && small.value("Vary") == "Accept-Encoding")
    let tags = [plain, small].compactMap { $0.value("ETag") }
    #expect(Set(tags).count == 2)
    // A tag is good for the representation that it names, and for no other.
    let wantsGzip = ("Accept-Encoding", "gzip")
    #expect(files.answer(.make("GET", "/a", [wantsGzip, ("If-None-Match", tags[1])]))?.status == 304)
    #expect(files.answer(.make("GET", "/a", [wantsGzip, ("If-None-Match", tags[0])]))?.status == 200)
    #expect(files.answer(.make("GET", "/a", [("If-None-Match", tags[1])]))?.status == 200)
  }

  @Test("What compression makes longer is sent as it is, and does not vary")
  func incompressible() throws {
    let answer = try #require(files.answer(.make("GET", "/app.js", [("Accept-Encoding", "gzip")])))
    #expect(answer.text == "1" && answer.value("Content-Encoding") == nil && answer.value("Vary") == nil)
  }

  @Test("Pages of every origin may load the client and the element, and nothing else")
  func shared() throws {
    let files = StaticFiles.embedded(isSecure: true)
    for path in ["/client.js", "/client-more.js", "/client-extra.js", "/client.d.ts", "/seat-count.js"] {
      for field in [("A", "b"), ("If-None-Match", "*")] {
        let answer = try #require(files.answer(.make("GET", path, [field])))
        #expect(answer.value("Access-Control-Allow-Origin") == "*")
        let lines = String(decoding: answer.commonLines ?? [], as: UTF8.self)
        #expect(lines.contains("Cross-Origin-Resource-Policy: cross-origin\r\n"))
        #expect(lines.contains("nosniff") && lines.contains("Strict-Transport-Security"))
      }
    }
    let page = try #require(files.answer(.make("GET", "/app.js")))
    #expect(page.commonLines == nil && page.value("Access-Control-Allow-Origin") == nil)
  }

  @Test(
    "The page says who may watch, so that it needs no connection that is refused", arguments: Watch.allCases)
  func watch(_ watch: Watch) throws {
    let page = try #require(StaticFiles.embedded(watch: watch).answer(.make("GET", "/")))
    #expect(page.text.contains(#"<meta name="seatcast-watch" content="\#(watch.rawValue)">"#))
    let tag = page.value("ETag")
    #expect(
      (tag == StaticFiles.embedded().answer(.make("GET", "/"))?.value("ETag")) == (watch == .authenticated))
  }

  @Test("The executable carries the page")
  func embedded() throws {
    let answer = try #require(StaticFiles.embedded().answer(.make("GET", "/")))
    #expect(answer.value("Content-Type") == "text/html; charset=utf-8")
    #expect(answer.text.contains("seatcast"))
  }
}
