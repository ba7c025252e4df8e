import Testing

@testable import ControlPlane

@Suite("Routes of requests")
struct RequestRoutesTests {
  private let routes = RequestRoutes(paths: ["/ws", "/ws/events/{id}"])

  private func label(_ method: String, _ path: String, isFile: Bool = false) -> String {
    let bytes = Array("\(method) \(path)".utf8)
    let end = method.utf8.count
    let number = routes.number(
      bytes, method: 0..<end, path: end + 1..<bytes.count, isFile: { isFile })
    return "\(routes.labels[number].method) \(routes.labels[number].route)"
  }

  @Test("Every operation is counted under its own template")
  func operations() {
    for operation in Operations.all {
      let path = operation.path.replacing("{id}", with: "4711")
      #expect(label(operation.method, path) == "\(operation.method) \(operation.path)")
    }
  }

  @Test(
    "What is in no table has no label of its own",
    arguments: [
      ("GET", "/api/events/1/nothing", "GET _OTHER"), ("BREW", "/api/events", "_OTHER /api/events"),
      ("BREW", "/x", "_OTHER _OTHER"), ("GET", "/api/events/", "GET _OTHER"), ("POST", "/", "POST _OTHER"),
      ("HEAD", "/api/events/9", "HEAD /api/events/{id}"),
      ("OPTIONS", "/api/bookings", "OPTIONS /api/bookings"),
      ("GET", "/ws/events/12", "GET /ws/events/{id}"), ("GET", "/ws", "GET /ws"), ("GET", "*", "GET _OTHER"),
      ("GET", "/api/auth/me", "GET /api/auth/me"), ("GET", "/api/audit/export", "GET /api/audit/export"),
    ])
  func others(method: String, path: String, expected: String) {
    #expect(label(method, path) == expected)
  }

  @Test("Files of the page are one route, whatever they are called")
  func files() {
    #expect(label("GET", "/app.js", isFile: true) == "GET files")
    #expect(label("HEAD", "/app.js", isFile: true) == "HEAD files")
    #expect(label("DELETE", "/app.js", isFile: true) == "_OTHER files")
  }

  @Test("Each label stands once")
  func unique() {
    let labels = routes.labels.map { "\($0.method) \($0.route)" }
    #expect(Set(labels).count == labels.count)
    #expect(labels.count < 400)
  }
}
