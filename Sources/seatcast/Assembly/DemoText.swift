// What `--demo` prints below the ready line: accounts, events, and commands to paste.
import ControlPlane

enum DemoText {
  /// - Parameter url: the server's address as seen from this machine.
  static func render(_ demo: DemoContent, url: String) -> String {
    let people = demo.accounts.map { account in
      "  \(padded(account.role.rawValue, 5))  \(padded(account.email, 22))  password \(account.password)"
    }
    let events = demo.events.map { "  event \($0.id.rawValue)  \($0.name), \($0.seatCapacity) seats" }
    let tokens = demo.accounts.map { "  \($0.email)\n    \($0.token)" }
    return """

      Open the page:  \(url)/

      Demo content
      \((people + events).joined(separator: "\n"))

      Tokens
      \(tokens.joined(separator: "\n"))
      \(recipes(demo, url: url))
      Ctrl-C stops the server.


      """
  }

  /// Commands to paste; empty when there is no user or no event.
  private static func recipes(_ demo: DemoContent, url: String) -> String {
    guard let event = demo.events.first, let user = demo.accounts.first(where: { $0.role == .user }) else {
      return ""
    }
    return """

      Watch event \(event.id.rawValue) over WebSocket
        ws\(url.dropFirst("http".count))/ws/events/\(event.id.rawValue)?token=\(user.token)

      Book a seat of it as \(user.name)
        curl -X POST \(url)/api/bookings -H 'Content-Type: application/json' -H 'Authorization: Bearer \(user.token)' -d '{"eventId":\(event.id.rawValue),"quantity":1}'

      """
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
