import ControlPlane
import FanoutCore
import Testing

@testable import seatcast

@Suite("Metrics of requests")
struct RequestMetricsTests {
  @Test("A kind has its method and route, and a class of statuses")
  func labels() throws {
    let routes = RequestRoutes.ofServer
    let kind = try #require(routes.labels.firstIndex { $0.method == "POST" && $0.route == "/api/bookings" })
    let times = RequestTimes(
      kind: kind, statusClass: 4, times: Histogram(bounds: [500_000], counts: [2, 1], sum: 3_000_000))
    let text = MetricsText.render([.requests([times], routes)])
    let labels = #"method="POST",route="/api/bookings",status="4xx""#
    #expect(text.contains("_bucket{\(labels),le=\"0.0005\"} 2\n"))
    #expect(text.contains("\nseatcast_http_request_duration_seconds_count{\(labels)} 3\n"))
  }

  @Test("Without requests the family is empty")
  func empty() { #expect(MetricFamily.requests([], .ofServer).samples.isEmpty) }
}
