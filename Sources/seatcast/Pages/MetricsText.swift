// The two text formats of metrics: Prometheus text 0.0.4, and OpenMetrics 1.0 for whoever asks for it by `Accept`. Each
// family has its HELP and TYPE, each name once, then its samples.
import FanoutCore

enum MetricsFormat: Sendable, CaseIterable {
  case prometheus
  case openMetrics

  var contentType: String {
    switch self {
    case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
    case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
    }
  }

  /// The one that the `Accept` fields prefer (RFC 9110, section 12.5.1). Prometheus text is what everybody gets who does
  /// not name OpenMetrics.
  init(accept fields: [String]) {
    var (open, plain) = (0, -1)
    for item in WeightedItem.all(fields) {
      switch item.name {
      case "application/openmetrics-text" where Self.isKnownVersion(item): open = max(open, item.weight)
      case "text/plain": plain = max(plain, item.weight)
      default: break
      }
    }
    self = open > 0 && open >= plain ? .openMetrics : .prometheus
  }

  private static func isKnownVersion(_ item: WeightedItem) -> Bool {
    item.parameters.first { $0.name == "version" }.map { $0.value == "1.0.0" } ?? true
  }
}

enum MetricsText {
  static let prefix = "seatcast_"

  static func render(_ families: [MetricFamily], as format: MetricsFormat = .prometheus) -> String {
    let text = families.map { family in head(family, format) + samples(family, format) }.joined()
    return format == .openMetrics ? text + "# EOF\n" : text
  }

  private static func head(_ family: MetricFamily, _ format: MetricsFormat) -> String {
    let isOpen = format == .openMetrics
    let name = prefix + (isOpen ? family.stem : family.name)
    // Prometheus text knows no infos.
    let kind = family.kind == .info && !isOpen ? .gauge : family.kind
    let unit = isOpen ? family.unit.map { "# UNIT \(name) \($0)\n" } ?? "" : ""
    return "# HELP \(name) \(escaped(family.help, quotes: isOpen))\n# TYPE \(name) \(kind.rawValue)\n\(unit)"
  }

  private static func samples(_ family: MetricFamily, _ format: MetricsFormat) -> String {
    family.samples.map { sample in
      "\(prefix)\(family.name)\(sample.suffix)\(labels(sample.labels, format)) "
        + "\(number(sample.value, sample.scale))\n"
    }.joined()
  }

  /// In the base unit, as exact as the value is.
  static func number(_ value: UInt64, _ scale: MetricFamily.Scale) -> String {
    let (whole, fraction) = value.quotientAndRemainder(dividingBy: scale.rawValue)
    guard fraction > 0 else { return String(whole) }
    var digits = String(String(scale.rawValue + fraction).dropFirst())
    while digits.last == "0" { digits.removeLast() }
    return "\(whole).\(digits)"
  }

  private static func labels(_ labels: [MetricFamily.Sample.Label], _ format: MetricsFormat) -> String {
    if labels.isEmpty { return "" }
    let pairs = labels.map { label in
      // OpenMetrics writes bounds as floating-point numbers: 1.0.
      let isWhole = label.name == "le" && label.value.allSatisfy(\.isNumber)
      let value = isWhole && format == .openMetrics ? label.value + ".0" : label.value
      return "\(label.name)=\"\(escaped(value, quotes: true))\""
    }
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
