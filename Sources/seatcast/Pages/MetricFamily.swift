// What is measured, as families of samples: the formats write them out (MetricsText.swift), and docs/METRICS.md is made of
// them. Names have base units: seconds and bytes. Values.

/// One metric with its samples.
struct MetricFamily: Sendable, Equatable {
  enum Kind: String, Sendable {
    case counter, gauge, histogram
    /// A sample of 1 whose labels are what is told.
    case info
  }

  struct Sample: Sendable, Equatable {
    /// What stands behind the family's name: `_bucket`, `_sum` or `_count` of a histogram.
    var suffix = ""
    var labels: [Label] = []
    var value: UInt64
    var scale = Scale.one

    struct Label: Sendable, Equatable {
      let name: String
      let value: String
    }
  }

  /// What a value counts; it is written in the base unit.
  enum Scale: UInt64, Sendable {
    case one = 1
    case milliseconds = 1_000
    case nanoseconds = 1_000_000_000
  }

  /// Without the prefix; counters end in `_total`, infos in `_info`.
  let name: String
  let kind: Kind
  /// One sentence, without its full stop.
  let help: String
  let samples: [Sample]

  /// What the values are: the last word of the name when that is a base unit.
  var unit: String? {
    let words = stem.split(separator: "_")
    return ["seconds", "bytes"].first { words.last == $0[...] }
  }

  /// The name without the ending of its kind, as OpenMetrics has it.
  var stem: String {
    switch kind {
    case .counter where name.hasSuffix("_total"): String(name.dropLast("_total".count))
    case .info where name.hasSuffix("_info"): String(name.dropLast("_info".count))
    case .counter, .gauge, .histogram, .info: name
    }
  }
}

extension MetricFamily {
  static func counter(
    _ name: String, _ help: String, _ value: UInt64, _ scale: Scale = .one
  ) -> MetricFamily {
    MetricFamily(name: name, kind: .counter, help: help, samples: [Sample(value: value, scale: scale)])
  }

  static func gauge(_ name: String, _ help: String, _ value: UInt64, _ scale: Scale = .one) -> MetricFamily {
    MetricFamily(name: name, kind: .gauge, help: help, samples: [Sample(value: value, scale: scale)])
  }

  static func info(_ name: String, _ help: String, _ labels: [Sample.Label]) -> MetricFamily {
    MetricFamily(name: name, kind: .info, help: help, samples: [Sample(labels: labels, value: 1)])
  }

  /// Counters that differ in one label.
  static func counters(
    _ name: String, _ help: String, by label: String, _ values: some Sequence<(String, UInt64)>
  ) -> MetricFamily {
    MetricFamily(
      name: name, kind: .counter, help: help,
      samples: values.map { Sample(labels: [.init(name: label, value: $0.0)], value: $0.1) })
  }
}

/// One histogram of a family.
struct MetricHistogram: Sendable {
  var labels: [MetricFamily.Sample.Label] = []
  /// Upper bounds, included in their buckets, ascending.
  let bounds: [UInt64]
  /// By bucket, not added up; one more than bounds.
  let counts: [UInt64]
  let sum: UInt64
  let scale: MetricFamily.Scale

  /// The samples that Prometheus expects: each bucket with all smaller ones, the sum, the count.
  var samples: [MetricFamily.Sample] {
    var samples: [MetricFamily.Sample] = []
    var total: UInt64 = 0
    for (index, count) in counts.enumerated() {
      total &+= count
      let bound = index < bounds.count ? MetricsText.number(bounds[index], scale) : "+Inf"
      samples.append(
        .init(suffix: "_bucket", labels: labels + [.init(name: "le", value: bound)], value: total))
    }
    samples.append(.init(suffix: "_sum", labels: labels, value: sum, scale: scale))
    samples.append(.init(suffix: "_count", labels: labels, value: total))
    return samples
  }
}

extension MetricFamily {
  static func histogram(_ name: String, _ help: String, _ histograms: [MetricHistogram]) -> MetricFamily {
    MetricFamily(name: name, kind: .histogram, help: help, samples: histograms.flatMap(\.samples))
  }
}
