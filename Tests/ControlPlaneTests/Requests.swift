// Requests as the executable hands them over, written down as method, path and fields; and answers read back.

@testable import ControlPlane

extension Request {
  typealias Field = FieldLines.Field

  init(
    method: String, path: String, query: String? = nil, fields: [Field] = [], body: [UInt8] = [],
    client: ClientAddress = .unspecified, ticket: ReplyTicket
  ) {
    var bytes: [UInt8] = []
    func append(_ text: String) -> Range<Int> {
      let start = bytes.count
      bytes += text.utf8
      return start..<bytes.count
    }
    let (method, _, path) = (append(method), append(" "), append(path))
    let query = query.map { query in
      _ = append("?")
      return append(query)
    }
    _ = append(" HTTP/1.1\r\n")
    var ranges: [Range<Int>] = []
    for field in fields {
      ranges.append(append(field.name))
      _ = append(": ")
      ranges.append(append(field.value))
      _ = append("\r\n")
    }
    self.init(
      bytes: bytes, method: method, path: path, query: query, fields: ranges, body: body,
      client: client, ticket: ticket)
  }
}

extension ClientAddress {
  /// The address of whoever is nowhere.
  static let unspecified = ClientAddress(upper: 0, lower: 0)
}

extension Reply {
  /// The field lines taken apart again.
  var fields: [FieldLines.Field] { fieldLines.fields }
}

extension FieldLines {
  var fields: [Field] {
    String(decoding: bytes, as: UTF8.self).split(separator: "\r\n").map { line in
      let parts = line.split(separator: ":", maxSplits: 1)
      return Field(name: String(parts[0]), value: String(parts[1].dropFirst()))
    }
  }
}

extension Query {
  init(_ text: String) throws(QueryFailure) { try self.init(Array(text.utf8)[...]) }
}

extension TokenVerifying {
  func verify(_ token: String) -> TokenVerdict { verify(Array(token.utf8)) }
}

extension Backend {
  /// False: the queue is full or the intake is stopped.
  func offer(_ request: Request) -> Bool { offer([request]) == 1 }

  func verify(_ token: String) -> TokenVerdict { verify(Array(token.utf8)) }
}
