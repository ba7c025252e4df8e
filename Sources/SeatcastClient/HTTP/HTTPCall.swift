// A request as a client sends it. Pure; a value.

/// One request: what it asks for, without where.
package struct HTTPCall: Sendable {
  package let method: String
  /// Path and query.
  package let target: String
  package var fields: [(name: String, value: String)] = []
  /// JSON; nil: no body.
  package var body: [UInt8]?

  package init(
    _ method: String, _ target: String, fields: [(name: String, value: String)] = [], body: [UInt8]? = nil
  ) {
    (self.method, self.target, self.fields, self.body) = (method, target, fields, body)
  }

  /// Whether the server does the same when the request comes twice (RFC 9110, section 9.2.2).
  var isRepeatable: Bool {
    ["GET", "HEAD", "PUT", "DELETE"].contains(method) || fields.contains { $0.name == "Idempotency-Key" }
  }

  /// The bytes for the wire.
  /// - Throws: when the target or a field has bytes that HTTP does not allow there.
  func bytes(to server: ServerAddress) throws(ClientError) -> [UInt8] {
    guard !target.isEmpty, target.utf8.allSatisfy(ASCIISet.target.contains) else {
      throw .protocolViolation("The request target '\(target)' has characters that must be escaped.")
    }
    var output = Array("\(method) \(target) HTTP/1.1\r\n".utf8)
    var all = [(name: "Host", value: server.authority)] + fields
    if body != nil { all.append(("Content-Type", "application/json")) }
    for (name, value) in all where !HTTPFieldLine.append(name, value, to: &output) {
      throw .protocolViolation("The field \(name) has a value that HTTP does not allow.")
    }
    if let body { output += Array("Content-Length: \(body.count)\r\n".utf8) }
    output += Array("\r\n".utf8)
    return output + (body ?? [])
  }
}
