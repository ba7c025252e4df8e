// How much of an HTTP message is taken before it is refused. The server's come from `Limits`; the client library, which
// compiles this file too, has its own. A value.

/// The limits of a message, in the size that every connection can afford.
struct HTTPBounds: Sendable {
  /// Of the request line; a client bounds the status line by it.
  let requestLineBytes: UInt32
  let headBytes: UInt32
  let bodyBytes: UInt32
  let headFields: UInt32
}
