// Which route a request is for, for metrics: a closed set of methods and path templates, so that no client can make a new
// one. The table is the one of the documents (`Operations`); the executable adds its own paths. Pure; any thread.

public struct RequestRoutes: Sendable {
  /// What a request is counted as.
  public struct Label: Sendable, Equatable {
    public let method: String
    /// A path template like `/api/events/{id}`.
    public let route: String
  }

  /// What is in no table.
  public static let other = "_OTHER"
  /// The files of the page.
  public static let files = "files"

  private struct Path: Sendable {
    var methods: [(name: String, number: Int)]
  }

  /// By number.
  public private(set) var labels: [Label] = []
  private var paths: [UInt64: Path] = [:]
  private var unknownPath = Path(methods: [])
  private var filePath = Path(methods: [])

  /// - Parameter paths: more paths, which answer `GET`.
  public init(paths: [String] = []) {
    var methods: [String: [String]] = [:]
    for operation in Operations.all { methods[operation.path, default: []].append(operation.method) }
    for path in paths { methods[path, default: []].append("GET") }
    unknownPath = add(Self.other, ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
    filePath = add(Self.files, ["GET"])
    for (path, names) in methods.sorted(by: { $0.key < $1.key }) {
      let keys = Self.keys(Array(path.utf8), 0..<path.utf8.count)
      let isTemplate = path.contains("{")
      precondition(
        !isTemplate || path.split(separator: "/").dropFirst(2).first == "{id}",
        "a template has its parameter in the third part of the path")
      let key = (isTemplate ? keys.template : nil) ?? keys.exact
      precondition(self.paths[key] == nil, "no two paths have the same key")
      self.paths[key] = add(path, names)
    }
  }

  private mutating func add(_ route: String, _ names: [String]) -> Path {
    let all = names + (names.contains("HEAD") || !names.contains("GET") ? [] : ["HEAD"])
    var path = Path(methods: [])
    for name in all + ["OPTIONS", Self.other] where !path.methods.contains(where: { $0.name == name }) {
      path.methods.append((name, labels.count))
      labels.append(Label(method: name, route: route))
    }
    return path
  }

  /// The number of a request's label.
  /// - Parameters:
  ///   - method, path: ranges of `bytes`.
  ///   - isFile: whether the path is one of a file, asked only when no table has it.
  public func number(
    _ bytes: [UInt8], method: Range<Int>, path: Range<Int>, isFile: () -> Bool = { false }
  ) -> Int {
    let keys = Self.keys(bytes, path)
    let path = paths[keys.exact] ?? keys.template.flatMap { paths[$0] } ?? (isFile() ? filePath : unknownPath)
    for candidate in path.methods where bytes.matches(method, candidate.name) { return candidate.number }
    return path.methods[path.methods.count - 1].number
  }

  /// Two hashes of a path (FNV-1a): as it is, and with anything but nothing in its third part. Two paths with the same hash would be
  /// counted as one, and nothing else.
  private static func keys(_ bytes: [UInt8], _ path: Range<Int>) -> (exact: UInt64, template: UInt64?) {
    let basis: UInt64 = 0xcbf2_9ce4_8422_2325
    let prime: UInt64 = 0x100_0000_01b3
    var (exact, template, part, hasParameter) = (basis, basis ^ 1, 0, false)
    for index in path {
      let byte = bytes[index]
      exact = (exact ^ UInt64(byte)) &* prime
      if byte == UInt8(ascii: "/") { part += 1 }
      if part != 3 || byte == UInt8(ascii: "/") {
        template = (template ^ UInt64(byte)) &* prime
      } else {
        hasParameter = true
      }
    }
    return (exact, hasParameter ? template : nil)
  }
}
