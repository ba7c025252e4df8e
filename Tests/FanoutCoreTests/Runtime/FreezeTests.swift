import Glibc
import TestSupport
import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

/// Stops the process that serves and lets it go on. What happens is in a process of its own, with short periods.
@Suite struct FreezeTests {
  @Test("a CUVTransport whose process was stopped and continued blames no client for it")
  func stopped() async {
    await #expect(processExitsWith: .success) {
      var configuration = DataPlaneFixture.configuration()
      configuration.limits.tick = 50
      configuration.limits.headTimeout = 1_000
      configuration.limits.keepAliveTimeout = 1_000
      configuration.limits.pingInterval = 700
      let fixture = try DataPlaneFixture(configuration)
      let client = try fixture.webSocket("/ws", greeting: "connected")
      // Sends half a head, stops the server, sends the rest, and lets the server go on when its time is long over.
      let script = """
        exec 3<>/dev/tcp/127.0.0.1/\(fixture.port)
        printf 'GET /small HTTP/1.1\\r\\n' >&3
        sleep 0.2
        kill -STOP \(getpid())
        printf 'Host: here\\r\\n\\r\\n' >&3
        sleep 3
        kill -CONT \(getpid())
        IFS= read -r -t 10 line <&3
        printf '%s' "$line"
        """
      let (_, output, error) = try run("/bin/bash", ["-c", script])
      guard output.hasPrefix("HTTP/1.1 200") else { throw TestFailure("\(output) \(error)") }
      try client.send(text: "echo me")
      var reply = try client.next()
      while reply != .text("echo me") {
        if case .close(let code, _) = reply { throw TestFailure("closed with \(code ?? 0)") }
        reply = try client.next()
      }
      client.drop()
      try fixture.close()
    }
  }
}
