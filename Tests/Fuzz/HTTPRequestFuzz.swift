// Fuzz target: the HTTP request parser. Whatever the bytes, it must not crash, must say the same when they come
// in pieces, must keep its limits, and a request that it takes must mean the same when it is written anew.

private enum Outcome: Equatable {
  case request(line: String, fields: [String], body: [UInt8])
  case goOn
  case failure(Int, String)
}

private let limits: Limits = {
  var limits = Limits()
  (limits.requestLineBytes, limits.headBytes, limits.headFields, limits.bodyBytes) = (64, 256, 8, 128)
  return limits
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
  guard let seed = input.first else { return 0 }
  let bytes = Array(input.dropFirst())
  let whole = outcomes(of: bytes) { _ in bytes.count }
  var cutter = Cutter(seed: UInt64(seed))
  require(outcomes(of: bytes) { _ in cutter.next() } == whole, "in pieces it means something else")
  require(outcomes(of: bytes) { _ in 1 } == whole, "byte by byte it means something else")
  for outcome in whole { check(outcome) }
  return 0
}

/// Feeds `bytes` in pieces whose lengths `length` says.
private func outcomes(of bytes: [UInt8], length: (Int) -> Int) -> [Outcome] {
  var parser = HTTPRequestParser(limits: limits)
  var outcomes: [Outcome] = []
  var start = 0
  while start < bytes.count {
    let end = min(bytes.count, start + length(start))
    while true {
      let step = parser.parse(bytes.span.extracting(start..<end))
      if case .needsMore = step { break }
      switch step {
      case .needsMore: break
      case .continueExpected(let consumed):
        outcomes.append(.goOn)
        start += consumed
      case .request(let request, let consumed):
        require(consumed > 0 || request.body.isEmpty, "a request out of nothing")
        outcomes.append(outcome(request))
        start += consumed
      case .failure(let failure): return outcomes + [.failure(failure.status, failure.sentence)]
      }
    }
    start = end
  }
  return outcomes
}

private func outcome(_ request: HTTPRequest) -> Outcome {
  let head = request.head
  require(head.fields.count <= 2 * limits.headFields, "too many fields")
  require(head.bytes.count <= limits.headBytes + 1, "a head over its limit")
  require(head.target.utf8.first == UInt8(ascii: "/") || head.target == "*", "a target without a path")
  require(head.minorVersion == 0 || head.all("host").count == 1, "not one host")
  return .request(
    line: "\(head.method) \(head.target) HTTP/1.\(head.minorVersion)",
    fields: stride(from: 0, to: head.fields.count, by: 2).map { index in
      head.string(head.fields[index]) + ": " + head.string(head.fields[index + 1])
    }, body: request.body)
}

private func check(_ outcome: Outcome) {
  switch outcome {
  case .goOn: break
  case .failure(let status, let sentence):
    require([400, 413, 414, 417, 431, 501, 505].contains(status), "status \(status)")
    require(!sentence.isEmpty && !sentence.contains("\""), "a sentence that breaks its document")
  case .request(let line, let fields, let body):
    require(body.count <= limits.bodyBytes, "a body over its limit")
    let text = ([line] + fields).joined()
    require(!text.utf8.contains { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }, "a control byte in a head")
    rewrite(line, fields, body)
  }
}

/// Writes the request with a plain length and parses it again.
private func rewrite(_ line: String, _ fields: [String], _ body: [UInt8]) {
  // Bytes that are not UTF-8 were replaced by longer ones in the text: nothing to compare.
  if fields.contains(where: { $0.contains("\u{FFFD}") }) { return }
  let framing = ["content-length:", "transfer-encoding:", "expect:"]
  let kept = fields.filter { field in !framing.contains { field.lowercased().hasPrefix($0) } }
  let lines = [line] + kept + (body.isEmpty ? [] : ["Content-Length: \(body.count)"])
  let bytes = [UInt8]((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
  var parser = HTTPRequestParser(limits: Limits())
  guard case .request(let again, let consumed) = parser.parse(bytes.span) else {
    fatalError("its own writing is refused")
  }
  require(consumed == bytes.count && again.body == body, "its own writing means something else")
  require("\(again.head.method) \(again.head.target) HTTP/1.\(again.head.minorVersion)" == line, "line")
  require(again.head.fields.count == 2 * (lines.count - 1), "fields")
}
