// Whose request it is when a proxy stands between: `Forwarded` (RFC 7239) and `X-Forwarded-For` are read from their
// end, each entry having been written by the peer that the entry after it names, and no further than to the first
// peer that is not trusted. Lists are split at every comma, also inside quotes: what a client sent always stands before
// a comma of the proxy's, so no quote or escape of the client's can swallow what the proxy appended.
// Pure; any thread.

/// The proxies whose forwarding fields are believed.
public struct TrustedProxies: Sendable, Equatable {
  public var ranges: [AddressRange]
  public init(_ ranges: [AddressRange] = []) { self.ranges = ranges }

  public func contains(_ address: PeerAddress) -> Bool { ranges.contains { $0.contains(address) } }

  /// The client that a request of this peer is counted for: an untrusted peer itself; behind a trusted one the client
  /// that its forwarding fields name; the proxy itself when it sends none; and an unknown client when they are malformed,
  /// hide the client or contradict each other.
  func client(of head: HTTPRequestHead, from peer: PeerAddress) -> Client {
    guard !ranges.isEmpty, contains(peer) else { return Client(address: peer) }
    let standard = lastUntrusted(in: head, "forwarded", ForwardedEntry.address)
    let common = lastUntrusted(in: head, "x-forwarded-for", ForwardedEntry.bareAddress)
    switch (standard, common) {
    case (.absent, .absent): return Client(address: peer)
    case (.address(let address), .absent), (.absent, .address(let address)): return Client(address: address)
    // A proxy writes one of the two and may pass the other on as the client sent it.
    case (.address(let address), .address(let other)) where address == other: return Client(address: address)
    default: return Client(address: peer, isNamed: false)
    }
  }

  private enum Finding {
    case absent
    case unknown
    case address(PeerAddress)
  }

  /// The last entry of these fields that names no trusted proxy; the first entry when all do.
  private func lastUntrusted(
    in head: HTTPRequestHead, _ name: String, _ parse: (ArraySlice<UInt8>) -> PeerAddress?
  ) -> Finding {
    var farthest = Finding.absent
    var entries = 0
    for index in stride(from: head.fields.count - 2, through: 0, by: -2)
    where head.equals(head.fields[index], name) {
      var rest = head.fields[index + 1]
      while let entry = Self.lastEntry(in: &rest, of: head.bytes) {
        entries += 1
        guard entries <= Limits.forwardedEntries, let address = parse(head.bytes[entry]) else {
          return .unknown
        }
        guard contains(address) else { return .address(address) }
        farthest = .address(address)
      }
    }
    return farthest
  }

  /// Takes the last entry that is not empty off the list.
  private static func lastEntry(in rest: inout Range<Int>, of bytes: [UInt8]) -> Range<Int>? {
    while !rest.isEmpty {
      let comma = bytes[rest].lastIndex(of: UInt8(ascii: ","))
      let entry = bytes.trimmingBlanks((comma.map { $0 + 1 } ?? rest.lowerBound)..<rest.upperBound)
      rest = rest.lowerBound..<(comma ?? rest.lowerBound)
      if !entry.isEmpty { return entry }
    }
    return nil
  }
}

/// The client that a request is counted for.
struct Client: Equatable {
  /// The client's address, or its trusted proxy's when the proxy names nobody.
  var address: PeerAddress
  /// False: the proxy said something that names nobody. Such requests share a budget of their own, so that
  /// they cannot use up what the proxy itself needs (for health checks, say).
  var isNamed = true

  var limitKey: UInt64 { isNamed ? address.limitKey : ~address.limitKey }
}

/// One entry of a list of forwarders, alone. Nil: it is malformed or hides the address.
enum ForwardedEntry {
  /// An entry of `Forwarded`: the node that its one parameter `for` names (RFC 7239, sections 4 and 6).
  static func address(_ entry: ArraySlice<UInt8>) -> PeerAddress? {
    var found: PeerAddress?
    for pair in entry.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: true) {
      if pair.allSatisfy(HTTPByte.isBlank) { continue }
      guard let equals = pair.firstIndex(of: UInt8(ascii: "=")) else { return nil }
      guard entry.equals(entry.trimmingBlanks(pair.startIndex..<equals), "for") else { continue }
      let value = entry[entry.trimmingBlanks(equals + 1..<pair.endIndex)]
      guard found == nil, let node = unquoted(value), let address = bareAddress(node) else { return nil }
      found = address
    }
    return found
  }

  /// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:4711`.
  static func bareAddress(_ node: ArraySlice<UInt8>) -> PeerAddress? {
    if node.first == UInt8(ascii: "[") {
      guard let close = node.firstIndex(of: UInt8(ascii: "]")) else { return nil }
      let inside = node[(node.startIndex + 1)..<close]
      guard inside.contains(UInt8(ascii: ":")), isPort(node[(close + 1)...]) else { return nil }
      return PeerAddress(text: inside)
    }
    let colons = node.count { $0 == UInt8(ascii: ":") }
    guard colons == 1, let colon = node.firstIndex(of: UInt8(ascii: ":")) else {
      return PeerAddress(text: node)
    }
    return isPort(node[colon...]) ? PeerAddress(text: node[..<colon]) : nil
  }

  /// Nothing, or a colon with a number or an obfuscated port.
  private static func isPort(_ text: ArraySlice<UInt8>) -> Bool {
    guard let colon = text.first else { return true }
    let port = text.dropFirst()
    guard colon == UInt8(ascii: ":"), let first = port.first else { return false }
    if first == UInt8(ascii: "_") { return port.count > 1 && port.allSatisfy(isIdentifier) }
    return port.count <= 5 && port.allSatisfy(HTTPByte.isDigit)
  }

  private static func isIdentifier(_ byte: UInt8) -> Bool {
    asciiLowercased(byte) &- UInt8(ascii: "a") < 26 || HTTPByte.isDigit(byte)
      || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
  }

  /// Without the quotes around it; an address needs no escapes inside them.
  private static func unquoted(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    let quote = UInt8(ascii: "\"")
    guard value.first == quote else { return value.contains(quote) ? nil : value }
    guard value.count >= 2, value.last == quote else { return nil }
    let inside = value.dropFirst().dropLast()
    return inside.contains(quote) ? nil : inside
  }
}
