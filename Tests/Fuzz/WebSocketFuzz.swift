// Fuzz target: the WebSocket decoder. Whatever the bytes, it must not crash, must say the same when they come in
// pieces, and must keep its limits; every text must be UTF-8 in Swift's eyes too.

private let maximumMessage = 300

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
  guard let seed = input.first else { return 0 }
  let (acceptsBinary, acceptsDeflated) = (seed & 1 == 0, seed & 4 == 0)
  let bytes = Array(input.dropFirst())
  let whole = steps(of: bytes, acceptsBinary, acceptsDeflated) { bytes.count }
  var cutter = Cutter(seed: UInt64(seed))
  require(
    steps(of: bytes, acceptsBinary, acceptsDeflated) { cutter.next() } == whole,
    "in pieces it means something else")
  require(
    steps(of: bytes, acceptsBinary, acceptsDeflated) { 1 } == whole, "byte by byte it means something else")
  for step in whole { check(step, acceptsBinary, acceptsDeflated) }
  return 0
}

/// Feeds `bytes` in pieces whose lengths `length` says; `consumed` is left out of what is compared.
private func steps(
  of bytes: [UInt8], _ acceptsBinary: Bool, _ acceptsDeflated: Bool, length: () -> Int
) -> [WebSocketDecoder.Step] {
  var decoder = WebSocketDecoder(
    maximumMessage: maximumMessage, acceptsBinary: acceptsBinary, acceptsDeflated: acceptsDeflated)
  var steps: [WebSocketDecoder.Step] = []
  var start = 0
  while start < bytes.count {
    let end = min(bytes.count, start + length())
    while true {
      let step = decoder.decode(bytes.span.extracting(start..<end))
      if step == .needsMore { break }
      guard case .event(let event, let consumed) = step else { return steps + [step] }
      require(consumed <= end - start, "more consumed than given")
      steps.append(.event(event, consumed: 0))
      start += consumed
    }
    start = end
  }
  return steps
}

private func check(_ step: WebSocketDecoder.Step, _ acceptsBinary: Bool, _ acceptsDeflated: Bool) {
  switch step {
  case .needsMore: break
  case .failure(let code, let reason):
    require([1002, 1003, 1007, 1009].contains(code.rawValue), "code \(code.rawValue)")
    require(!reason.isEmpty && reason.utf8.count <= 123, "a reason that fits no frame")
  case .event(.text(let text), _):
    require(text.count <= maximumMessage && isUTF8(text), "a text that is none")
  case .event(.binary(let bytes), _):
    require(acceptsBinary && bytes.count <= maximumMessage, "a binary message that is none")
  case .event(.deflated(let opcode, let bytes), _):
    require(
      acceptsDeflated && (opcode == .text || opcode == .binary && acceptsBinary), "compressed, uninvited")
    require(
      bytes.count <= MessageReader.deflatedBytes(of: maximumMessage), "a compressed message over its limit")
  case .event(.ping(let bytes), _), .event(.pong(let bytes), _):
    require(bytes.count <= 125, "a control frame over its limit")
  case .event(.close(let code, let reason), _):
    require(
      code.map { $0.rawValue >= 1000 && $0.rawValue < 5000 } ?? reason.isEmpty, "a close code that is none")
    require(reason.count <= 123 && isUTF8(reason), "a close reason that is none")
  }
}

private func isUTF8(_ bytes: [UInt8]) -> Bool { String(validating: bytes, as: UTF8.self) != nil }
