// Answers become bytes here. Framing fields are the encoder's alone (RFC 9112, section 6), so no answer can
// contradict its own length; a field that could split the answer in two is dropped.

/// What a request says about the shape of its answer.
struct ResponseContext: Sendable, Equatable {
  /// The request was `HEAD`: the answer has the same fields and no body.
  var isHead = false
  /// Whether the connection stays open.
  var keepsAlive = true
  /// Of the request; an HTTP/1.0 client must be told that the connection stays open.
  var minorVersion = 1
}

enum HTTPResponseEncoder {
  /// The interim answer to `Expect: 100-continue` (RFC 9110, section 10.1.1).
  static let continueBytes = [UInt8]("HTTP/1.1 100 Continue\r\n\r\n".utf8)

  /// Appends `response` as one whole HTTP/1.1 message. An answer that turns into an event stream has no
  /// length and ends with the connection.
  /// - Parameter date: the current `HTTPDate.bytes`, cached by the caller.
  static func append(
    _ response: HTTPResponse, context: ResponseContext, date: [UInt8], to output: inout [UInt8]
  ) {
    appendStatusLine(response.status, to: &output)
    output.append(utf8: "Date: ")
    output.append(contentsOf: date)
    output.append(utf8: "\r\n")
    var offersUpgrade = false
    for field in response.fields where isSendable(field.name, field.value) {
      appendField(field.name, field.value, to: &output)
      offersUpgrade = offersUpgrade || isSame(field.name, "upgrade")
    }
    let isStream = response.stream != nil
    appendConnection(keepsAlive: context.keepsAlive && !isStream, offersUpgrade, context, to: &output)
    if !isStream && !HTTPStatus.isBodiless(response.status) {
      output.append(utf8: "Content-Length: ")
      output.appendDecimal(UInt64(response.body.count))
      output.append(utf8: "\r\n")
    }
    output.append(utf8: "\r\n")
    if !context.isHead && !isStream && !HTTPStatus.isBodiless(response.status) {
      output.append(contentsOf: response.body)
    }
  }

  private static func appendStatusLine(_ status: Int, to output: inout [UInt8]) {
    output.append(utf8: "HTTP/1.1 ")
    // A status outside three digits is a mistake of this server, and is answered as one.
    let code = (100...999).contains(status) ? status : 500
    output.appendDecimal(UInt64(code))
    output.append(HTTPByte.space)
    output.append(utf8: HTTPStatus.phrase(of: code))
    output.append(utf8: "\r\n")
  }

  private static func appendField(_ name: String, _ value: String, to output: inout [UInt8]) {
    output.append(utf8: name)
    output.append(utf8: ": ")
    output.append(utf8: value)
    output.append(utf8: "\r\n")
  }

  /// An `Upgrade` field must be named in `Connection` (RFC 9110, section 7.8).
  private static func appendConnection(
    keepsAlive: Bool, _ offersUpgrade: Bool, _ context: ResponseContext, to output: inout [UInt8]
  ) {
    var options: [String] = offersUpgrade ? ["Upgrade"] : []
    if !keepsAlive {
      options.append("close")
    } else if context.minorVersion == 0 {
      options.append("keep-alive")
    }
    if options.isEmpty { return }
    appendField("Connection", options.joined(separator: ", "), to: &output)
  }

  /// Names are tokens, values hold no control bytes, and neither is one of the encoder's own fields.
  private static func isSendable(_ name: String, _ value: String) -> Bool {
    guard !name.isEmpty else { return false }
    // Loops, because closures over a String's bytes are not inlined.
    for byte in name.utf8 where !ASCIISet.token.contains(byte) { return false }
    for byte in value.utf8 where !HTTPByte.isText(byte) { return false }
    return !ownFields.contains { isSame(name, $0) }
  }

  private static let ownFields = ["date", "connection", "content-length", "transfer-encoding"]

  private static func isSame(_ name: String, _ lowercased: String) -> Bool {
    name.utf8.count == lowercased.utf8.count
      && zip(name.utf8, lowercased.utf8).allSatisfy { asciiLowercased($0) == $1 }
  }
}
