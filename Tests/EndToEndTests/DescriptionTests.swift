// The descriptions that the server serves: OpenAPI, AsyncAPI and the page made of them.
import TestSupport
import Testing

@Suite("Descriptions", .timeLimit(.minutes(30)))
struct DescriptionTests {
  @Test("OpenAPI 3.1, AsyncAPI 3.0 and the page come from the binary alone")
  func served() throws {
    let client = try TestServer().server.client()
    #expect(try client.get("/openapi.json").json()["openapi"]?.string == "3.1.0")
    #expect(try client.get("/asyncapi.json").json()["asyncapi"]?.string == "3.0.0")
    let page = try client.get("/docs")
    #expect(page.field("Content-Type") == "text/html; charset=utf-8")
    #expect(page.field("Content-Security-Policy")?.contains("default-src 'self'") == true)
    #expect(page.text.contains("POST /api/bookings") && !page.text.contains("<script"))
    #expect(try client.get("/docs.css").status == 200)
    for path in ["/openapi.json", "/asyncapi.json", "/docs"] {
      #expect(try client.request("HEAD", path).status == 200)
      #expect(try client.request("POST", path, json: [:]).status == 405)
    }
  }

  @Test("A contract finds what is not documented")
  func strict() throws {
    let contract = APIContract(try TestServer().server.client().get("/openapi.json").json())
    func answer(_ status: Int, _ type: String, _ text: String) -> HTTPAnswer {
      HTTPAnswer(
        status: status, reason: "", fields: [("Content-Type", type)], body: Array(text.utf8))
    }
    let user = #"{"id":1,"email":"a@b.c","name":"A","role":"user"}"#
    #expect(contract.faults("GET", "/api/auth/me?x=1", answer(200, "application/json", user)) == [])
    let more = user.replacing("}", with: #","password":"x"}"#)
    #expect(!contract.faults("GET", "/api/auth/me", answer(200, "application/json", more)).isEmpty)
    #expect(!contract.faults("GET", "/api/auth/me", answer(202, "application/json", user)).isEmpty)
    #expect(!contract.faults("GET", "/api/auth/me", answer(200, "text/plain", user)).isEmpty)
    #expect(!contract.faults("GET", "/api/secret", answer(200, "application/json", user)).isEmpty)
    let problem = #"{"type":"urn:seatcast:problem:sold-out","title":"x","status":404}"#
    #expect(
      !contract.faults("GET", "/api/auth/me", answer(404, "application/problem+json", problem)).isEmpty)
  }
}
