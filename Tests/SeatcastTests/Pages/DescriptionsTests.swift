import FanoutCore
import TestSupport
import Testing

@testable import seatcast

@Suite("Descriptions")
struct DescriptionsTests {
  private let files = StaticFiles.described()

  @Test("The documents are served with their media types and can be asked after by their tags")
  func served() throws {
    let types = [
      "/openapi.json": "application/json", "/asyncapi.json": "application/json",
      "/docs": "text/html; charset=utf-8", "/docs.css": "text/css; charset=utf-8",
      "/": "text/html; charset=utf-8",
    ]
    for (path, type) in types {
      let answer = try #require(files.answer(.make("GET", path)))
      #expect(answer.status == 200 && answer.value("Content-Type") == type)
      let tag = try #require(answer.value("ETag"))
      #expect(files.answer(.make("GET", path, [("If-None-Match", tag)]))?.status == 304)
    }
    #expect(try JSON(parsing: #require(files.answer(.make("GET", "/openapi.json"))).body)["openapi"] != nil)
  }

  @Test("Every page that the executable answers is documented")
  func pages() throws {
    let document = try JSON(parsing: #require(files.answer(.make("GET", "/openapi.json"))).body)
    let operations = APIContract(document).operations
    for path in Pages.healthPaths + ["/docs", "/openapi.json", "/asyncapi.json"] {
      #expect(operations.contains("GET \(path)"))
    }
  }
}
