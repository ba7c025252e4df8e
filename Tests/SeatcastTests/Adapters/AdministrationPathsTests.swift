import FanoutCore
import Testing

@testable import seatcast

@Suite("Paths of administration")
struct AdministrationPathsTests {
  @Test(
    "Health, metrics, numbers and looks inside are administration, however they are escaped",
    arguments: [
      "/livez", "/readyz", "/metrics", "/metrics?x", "/debug/fanout/1", "/api/server/stats",
      "/api/%73erver/stats", "/%64ebug/fanout/1", "/%6cIvez".lowercased(), "/api%2Fserver/stats",
    ])
  func inside(path: String) { #expect(AdministrationPaths.contains(.make("GET", path))) }

  @Test(
    "Everything else is not",
    arguments: ["/", "/api/events", "/api/servers", "/debug", "/livez/", "/x%", "/%zz"])
  func outside(path: String) { #expect(!AdministrationPaths.contains(.make("GET", path))) }
}
