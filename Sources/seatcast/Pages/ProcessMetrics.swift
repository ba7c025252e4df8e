// The process itself as metric families: which build runs since when, its memory, its descriptors.
import ControlPlane

extension MetricFamily {
  static func process(_ memory: ProcessMemory, descriptorLimit: Int, startedAt: Instant) -> [MetricFamily] {
    [
      .info("build_info", "The version that runs", [.init(name: "version", value: Version.number)]),
      .gauge(
        "start_time_seconds", "When the server started, in seconds since 1970",
        UInt64(clamping: startedAt.milliseconds), .milliseconds),
      .gauge("resident_bytes", "Memory of this process", memory.resident),
      .gauge("anonymous_bytes", "Memory of this process that no file stands behind", memory.anonymous),
      .gauge(
        "descriptor_limit", "Descriptors that one descriptor table may hold",
        UInt64(clamping: descriptorLimit)),
    ]
  }
}
