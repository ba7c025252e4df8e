// Warnings about `SEATCAST_…` variables that nothing reads, so that a mistyped one is noticed.
import ControlPlane

enum UnknownVariables {
  static let prefix = "SEATCAST_"

  /// One warning per variable, sorted by name, with a suggestion where a known name is near. The variables that
  /// Kubernetes sets for a service called `seatcast` share one warning.
  static func warnings(in environment: [String: String]) -> [String] {
    let known = Set(CommandTable.all.flatMap(\.flags).compactMap(\.variable))
    let unknown = environment.keys.filter { $0.hasPrefix(prefix) && !known.contains($0) }.sorted()
    let links = unknown.filter { isServiceLink($0, value: environment[$0] ?? "") }
    var sentences = unknown.filter { !links.contains($0) }.map { name in
      "The variable \(printable(name)) is not one of seatcast's and is ignored."
        + Suggestion.sentence(for: name, among: known.sorted())
    }
    if let first = links.first {
      sentences.append(
        "\(printable(first)) and the like are Kubernetes' service links for a service called seatcast; they are"
          + " ignored. Set enableServiceLinks: false in the pod.")
    }
    return sentences
  }

  /// Whether Kubernetes sets such a variable for a service: `…_SERVICE_HOST`, `…_SERVICE_PORT`, `…_PORT_3000_TCP…`, or a
  /// value like `tcp://10.0.0.1:3000`.
  static func isServiceLink(_ name: String, value: String) -> Bool {
    let protocols = ["TCP", "UDP", "SCTP"]
    if protocols.contains(where: { value.hasPrefix($0.lowercased() + "://") }) { return true }
    if name.hasSuffix("_SERVICE_HOST") || name.contains("_SERVICE_PORT") { return true }
    let words = name.split(separator: "_")
    return words.indices.dropFirst().contains { index in
      words[index - 1] == "PORT" && Int(words[index]) != nil && index + 1 < words.count
        && protocols.contains(String(words[index + 1]))
    }
  }
}
