import ControlPlane
import FanoutCore
import Testing

@testable import seatcast

@Suite("Inbound adapter")
struct InboundAdapterTests {
  private let ticket = Ticket(loop: LoopID(1), slot: 2, generation: 3, request: 4)
  private let pages = Pages(files: StaticFiles([:]), isReady: { true }, metrics: { _ in "" })

  private func adapter(_ backend: FakeBackend) -> InboundAdapter {
    InboundAdapter(backend: backend, pages: pages, origins: OriginPolicy(listed: []))
  }

  private func receive(_ backend: FakeBackend, _ head: HTTPRequestHead) -> InboundDisposition {
    adapter(backend).receive(
      HTTPRequest(head: head, body: []), from: PeerAddress(ipv4: 0x7F00_0001), ticket: ticket)
  }

  private func inbound(_ head: HTTPRequestHead, _ body: [UInt8] = []) -> InboundRequest {
    InboundRequest(
      request: HTTPRequest(head: head, body: body), peer: PeerAddress(ipv4: 0x7F00_0001), ticket: ticket)
  }

  @Test("A request goes over whole, as its bytes and ranges")
  func handedOver() throws {
    let backend = FakeBackend()
    let head = HTTPRequestHead.make(
      "POST", "/api/bookings?a=%20&b", [("Content-Type", "application/json"), ("X-A", "B"), ("x-a", "C")])
    guard case .later = receive(backend, head) else {
      Issue.record("answered on the loop")
      return
    }
    #expect(backend.requests.isEmpty, "it goes over with the others of its turn")
    #expect(adapter(backend).take([inbound(head, Array("{}".utf8))]) == 1)
    let request = try #require(backend.requests.first)
    func text(_ range: Range<Int>) -> String { String(decoding: request.bytes[range], as: UTF8.self) }
    #expect(text(request.method) == "POST")
    #expect(text(request.path) == "/api/bookings")
    #expect(request.query.map(text) == "a=%20&b")
    #expect(request.fields.map(text) == ["Content-Type", "application/json", "X-A", "B", "x-a", "C"])
    #expect(request.client == ClientAddress(upper: 0, lower: 0xFFFF_7F00_0001))
    #expect(request.body == Array("{}".utf8))
    #expect(PeerAddress(request.client) == PeerAddress(ipv4: 0x7F00_0001))
    #expect(Ticket(request.ticket) == ticket)
  }

  @Test("A request whose client may be gone is named by its ticket")
  func abandoned() {
    let backend = FakeBackend()
    adapter(backend).abandoned(ticket)
    #expect(backend.abandoned == [ReplyTicket(ticket)])
  }

  @Test("A request without a query has none")
  func withoutQuery() {
    let backend = FakeBackend()
    _ = adapter(backend).take([inbound(.make("GET", "/api/events"))])
    #expect(backend.requests.first?.query == nil)
  }

  @Test("A full queue takes nothing, and has an answer for what it does not take")
  func fullQueue() throws {
    let adapter = adapter(FakeBackend(isFull: true))
    #expect(adapter.take([inbound(.make("GET", "/api/events"))]) == 0)
    #expect(adapter.overloaded.status == 503)
    #expect(adapter.overloaded.value("Retry-After") == "1")
    #expect(adapter.overloaded.value("Content-Type") == "application/problem+json")
  }

  @Test(
    "What is no page is the control plane's to refuse", arguments: ["/api/livez", "/nothing", "/apilivez"])
  func unknown(path: String) {
    guard case .later = receive(FakeBackend(), .make("GET", path)) else {
      Issue.record("answered on the loop")
      return
    }
  }

  @Test("Health checks and administrators are answered even when descriptors run short, others are not")
  func privileged() {
    let moment = Instant(milliseconds: 0)
    let backend = FakeBackend(principals: [
      "admin": Principal(identity: .eight, role: .admin, expiresAt: moment),
      "user": Principal(identity: .seven, role: .user, expiresAt: moment),
    ])
    func isPrivileged(_ path: String, _ token: String? = nil) -> Bool {
      let fields = token.map { [("Authorization", "Bearer \($0)")] } ?? []
      return adapter(backend).isPrivileged(.make("GET", path, fields))
    }
    for path in ["/livez", "/readyz", "/metrics"] { #expect(isPrivileged(path)) }
    #expect(!isPrivileged("/api/events") && !isPrivileged("/"))
    #expect(isPrivileged("/api/events", "admin"))
    #expect(!isPrivileged("/api/events", "user") && !isPrivileged("/api/events", "nobody"))
  }

  @Test("A change that a foreign page asks for is refused on the loop, reading is not")
  func foreignOrigin() {
    let (backend, origin) = (FakeBackend(), [("Host", "seats.example"), ("Origin", "https://evil.example")])
    for method in ["POST", "PATCH", "DELETE", "PUT"] {
      guard case .answer(let answer) = receive(backend, .make(method, "/api/bookings", origin)) else {
        Issue.record("\(method) was not answered")
        continue
      }
      #expect(answer.status == 403 && answer.text.contains("origin-not-allowed"))
    }
    for method in ["GET", "HEAD", "OPTIONS"] {
      guard case .later = receive(backend, .make(method, "/api/bookings", origin)) else {
        Issue.record("\(method) was answered")
        continue
      }
    }
  }

  @Test("The executable's own pages never reach the control plane, full or not")
  func ownPages() {
    let backend = FakeBackend(isFull: true)
    guard case .answer(let answer) = receive(backend, .make("GET", "/livez")) else {
      Issue.record("not answered on the loop")
      return
    }
    #expect(answer.status == 200)
    #expect(backend.requests.isEmpty)
  }
}
