// How long requests took, as a metric family: by method, route and class of the status. Any thread.
import ControlPlane
import FanoutCore

extension RequestRoutes {
  /// With the paths that the executable answers itself.
  static let ofServer = RequestRoutes(paths: ["/ws", "/ws/events/{id}"])
}

extension MetricFamily {
  static func requests(_ times: [RequestTimes], _ routes: RequestRoutes) -> MetricFamily {
    .histogram(
      "http_request_duration_seconds",
      "Time from the end of a request to its answer, by method, route and class of the status",
      times.filter { $0.kind < routes.labels.count }.map { times in
        let label = routes.labels[times.kind]
        return MetricHistogram(
          labels: [
            .init(name: "method", value: label.method), .init(name: "route", value: label.route),
            .init(name: "status", value: "\(times.statusClass)xx"),
          ], bounds: times.times.bounds, counts: times.times.counts, sum: times.times.sum, scale: .nanoseconds
        )
      })
  }
}
