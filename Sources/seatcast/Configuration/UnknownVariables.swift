// Environment variables that begin like ours and are none of them: a slip of the fingers must not pass in silence.

enum UnknownVariables {
  static let prefix = "SEATCAST_"

  /// A sentence for each variable that no command reads, with a suggestion where one is near, sorted by name. Those
  /// that Kubernetes sets for a service called `seatcast` share one sentence.
  static func warnings(in environment: [String: String]) -> [String] {
    let known = Set(
      CommandTable.all.flatMap(\.flags).flatMap { [$0.variable].compactMap(\.self) + $0.relatives })
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

  /// Whether Kubernetes makes such a variable for a service: `…_SERVICE_HOST`, `…_SERVICE_PORT`, `…_PORT_3000_TCP…`, or a
  /// value that is the address of one.
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
