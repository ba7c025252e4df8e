// The Prometheus text format, version 0.0.4: families with HELP and TYPE, each name once, samples after it.

/// One metric with its samples.
struct MetricFamily: Sendable, Equatable {
  enum Kind: String, Sendable { case counter, gauge }

  struct Sample: Sendable, Equatable {
    var labels: [Label] = []
    var value: UInt64

    struct Label: Sendable, Equatable {
      let name: String
      let value: String
    }
  }

  /// Without the prefix; counters end in `_total`.
  let name: String
  let kind: Kind
  /// One sentence, without its full stop.
  let help: String
  let samples: [Sample]

  static func counter(_ name: String, _ help: String, _ value: UInt64) -> MetricFamily {
    MetricFamily(name: name, kind: .counter, help: help, samples: [Sample(value: value)])
  }

  static func gauge(_ name: String, _ help: String, _ value: UInt64) -> MetricFamily {
    MetricFamily(name: name, kind: .gauge, help: help, samples: [Sample(value: value)])
  }
}

enum MetricsText {
  static let prefix = "seatcast_"

  static func render(_ families: [MetricFamily]) -> String {
    families.map { family in
      let name = prefix + family.name
      return "# HELP \(name) \(escaped(family.help, quotes: false))\n# TYPE \(name) \(family.kind.rawValue)\n"
        + family.samples.map { name + labels($0.labels) + " \($0.value)\n" }.joined()
    }.joined()
  }

  private static func labels(_ labels: [MetricFamily.Sample.Label]) -> String {
    if labels.isEmpty { return "" }
    let pairs = labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }
    return "{" + pairs.joined(separator: ",") + "}"
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    var out = ""
    for character in text {
      switch character {
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\"" where quotes: out += "\\\""
      default: out.append(character)
      }
    }
    return out
  }
}
