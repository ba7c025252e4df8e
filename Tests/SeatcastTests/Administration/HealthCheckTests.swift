import FanoutCore
import TestSupport
import Testing

@testable import seatcast

@Suite("Health check")
struct HealthCheckTests {
  private func target(_ words: [String], _ environment: [String: String] = [:]) throws -> HTTPProbe? {
    guard case .health(let settings) = try Invocation.parse(["health"] + words, environment: environment)
    else { return nil }
    return try HealthCheck.target(settings)
  }

  private func probe(
    _ host: String, _ port: Int, secure: Bool = false, verified: Bool = false, path: String = "/readyz"
  ) -> HTTPProbe {
    HTTPProbe(
      host: host, port: port, isSecure: secure, isVerified: verified, path: path,
      timeoutMilliseconds: HealthCheck.timeoutMilliseconds)
  }

  @Test("without a URL the local server is asked, by the settings of serve")
  func local() throws {
    #expect(try target([]) == probe("127.0.0.1", 3_000))
    #expect(try target(["--port", "8080", "--host", "::"]) == probe("::1", 8_080))
    #expect(try target([], ["SEATCAST_HOST": "0.0.0.0", "SEATCAST_PORT": "80"]) == probe("127.0.0.1", 80))
    let secure = try target([], ["SEATCAST_TLS_CERT": "c.pem", "SEATCAST_TLS_KEY": "k.pem"])
    #expect(secure == probe("127.0.0.1", 3_000, secure: true))
    #expect(throws: UsageError.self) { try target(["--port", "0"]) }
    // Health is where administration is.
    #expect(try target(["--admin-listen", "0.0.0.0:9464"]) == probe("127.0.0.1", 9_464))
    #expect(throws: UsageError.self) { try target(["--admin-listen", "127.0.0.1:0"]) }
  }

  @Test("a URL names another server; certificates of other machines are verified")
  func urls() throws {
    #expect(try target(["http://10.0.0.1"]) == probe("10.0.0.1", 80))
    #expect(
      try target(["https://tickets.example/"]) == probe("tickets.example", 443, secure: true, verified: true))
    #expect(
      try target(["https://[2001:db8::1]:8443/livez"])
        == probe("2001:db8::1", 8_443, secure: true, verified: true, path: "/livez"))
    #expect(try target(["https://localhost:8443"]) == probe("localhost", 8_443, secure: true))
  }

  @Test(
    "what is no such URL is a usage error",
    arguments: [
      "tickets.example", "ftp://x", "http://", "http://x:0", "http://x:70000", "http://x:y", "http://a@b",
      "http://[::1", "http://x?y", "http://x/a b", "http://x/#a",
    ])
  func refused(url: String) {
    #expect(throws: UsageError.self) { try target([url]) }
  }
}
