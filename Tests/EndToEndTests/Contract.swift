// Every answer and every message that end-to-end tests get is held against the descriptions that the server serves.
import TestSupport
import Testing

enum Contract {
  private static let isInstalled = Guarded(false)

  /// Reads the descriptions of this server, once per process: all servers under test have the same.
  static func install(from server: ServerProcess) throws {
    guard
      isInstalled.withLock({ installed in
        defer { installed = true }
        return !installed
      })
    else { return }
    let client = HTTPClient(port: server.port)
    let answers = APIContract(try client.get("/openapi.json").json())
    let messages = MessageContract(try client.get("/asyncapi.json").json())
    HTTPClient.inspector.withLock {
      $0 = HTTPClient.Inspector { method, target, answer in
        for fault in answers.faults(method, target, answer) { Issue.record(Comment(rawValue: fault)) }
      }
    }
    WebSocketClient.inspector.withLock {
      $0 = WebSocketClient.Inspector { message in
        for fault in messages.faults(of: message) { Issue.record(Comment(rawValue: fault)) }
      }
    }
  }
}
