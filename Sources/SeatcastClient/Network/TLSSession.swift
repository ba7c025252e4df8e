// TLS by OpenSSL over memory (CClient/tls.c). A session belongs to its link, and so to the network's thread.
import CClient

/// Whom a client trusts. Shared by all connections of a client; OpenSSL counts its users.
@safe final class TLSContext: @unchecked Sendable {
  fileprivate let context: OpaquePointer

  /// - Parameter authorities: PEM file of the authorities to trust; nil: the system's.
  init(authorities: String?) throws(ClientError) {
    var problem = [CChar](repeating: 0, count: 200)
    guard let context = unsafe cc_tls_context_new(authorities, &problem, problem.count) else {
      let file = authorities.map { " of \($0)" } ?? ""
      throw .tls("The certificates\(file) cannot be used: \(text(problem)).")
    }
    unsafe self.context = context
  }

  deinit { unsafe cc_tls_context_free(context) }
}

@safe final class TLSSession {
  enum Reading {
    case bytes([UInt8]), wait, end
  }

  private let session: OpaquePointer
  private let host: String

  init(_ context: TLSContext, host: String) throws(ClientError) {
    guard let session = unsafe cc_tls_new(context.context, host) else {
      throw .tls("TLS with '\(host)' cannot begin.")
    }
    (unsafe self.session, self.host) = (unsafe session, host)
  }

  deinit { unsafe cc_tls_free(session) }

  private var failure: ClientError {
    var problem = [CChar](repeating: 0, count: 200)
    unsafe cc_tls_problem(session, &problem, problem.count)
    return .tls("TLS with '\(host)' failed: \(text(problem)).")
  }

  /// Whether the handshake is done.
  func handshake() throws(ClientError) -> Bool {
    switch unsafe cc_tls_handshake(session) {
    case 1: return true
    case Int32(CC_TLS_FAILED): throw failure
    default: return false
    }
  }

  func feed(_ bytes: Span<UInt8>) throws(ClientError) {
    let taken = unsafe bytes.withUnsafeBufferPointer { unsafe cc_tls_feed(session, $0.baseAddress, $0.count) }
    if taken < 0 { throw failure }
  }

  /// Plain bytes that have arrived.
  func read() throws(ClientError) -> Reading {
    var buffer = [UInt8](repeating: 0, count: 16_384)
    let count = unsafe cc_tls_read(session, &buffer, buffer.count)
    switch count {
    case 1...: return .bytes(Array(buffer[..<count]))
    case Int(CC_TLS_WAIT): return .wait
    case Int(CC_TLS_END): return .end
    default: throw failure
    }
  }

  func write(_ bytes: [UInt8]) throws(ClientError) {
    let written = unsafe bytes.withUnsafeBufferPointer {
      unsafe cc_tls_write(session, $0.baseAddress, $0.count)
    }
    if written < 0 { throw failure }
  }

  /// Appends what is to be sent.
  func drain(into output: inout [UInt8]) {
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while true {
      let count = unsafe cc_tls_drain(session, &buffer, buffer.count)
      guard count > 0 else { return }
      output += buffer[..<count]
    }
  }

  func close() { unsafe cc_tls_close(session) }
}

private func text(_ characters: [CChar]) -> String {
  String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
