import Testing

@testable import ControlPlane
@testable import seatcast

@Suite("Demo text")
struct DemoTextTests {
  private let demo = DemoContent(
    events: [
      .init(id: EventID(4), name: "Concert", seatCapacity: 50),
      .init(id: EventID(5), name: "Play", seatCapacity: 9),
    ],
    accounts: [
      .init(id: Subject(1), email: "admin@x", name: "Ada", role: .admin, password: "pw-a", token: "tok-a"),
      .init(id: Subject(2), email: "alice@x", name: "Alice", role: .user, password: "pw-b", token: "tok-b"),
    ])

  @Test("Everybody's password and token, every event and the page's address are there")
  func content() {
    let text = DemoText.render(demo, url: "http://127.0.0.1:3000")
    for part in [
      "http://127.0.0.1:3000/", "Concert, 50 seats", "Play, 9 seats", "pw-a", "pw-b", "tok-a", "tok-b",
    ] {
      #expect(text.contains(part), "missing: \(part)")
    }
  }

  @Test("The lines to paste are whole, and use an ordinary user's token")
  func recipes() {
    let lines = DemoText.render(demo, url: "http://127.0.0.1:3000").split(separator: "\n").map(String.init)
    #expect(lines.contains { $0.hasSuffix("ws://127.0.0.1:3000/ws/events/4?token=tok-b") })
    #expect(
      lines.contains { line in
        line.contains("curl -X POST http://127.0.0.1:3000/api/bookings ") && line.contains("Bearer tok-b'")
          && line.hasSuffix(#"-d '{"eventId":4,"quantity":1}'"#)
      })
  }

  @Test("With nothing to book there is nothing to paste")
  func nothing() {
    #expect(!DemoText.render(DemoContent(events: [], accounts: []), url: "http://x").contains("curl"))
  }
}
