internal import CUVShim

/// Who protects TLS records once OpenSSL has made the handshake (docs/decisions/0014-openssls-records-by-default.md).
public enum TLSRecords: Sendable, CaseIterable {
  /// OpenSSL: TLS 1.2 and 1.3. For what a connection costs, see `CUV_TLS_OPENSSL` in `cuv.h`.
  case openSSL
  /// CUVShim's own record layer: TLS 1.3 only, and a small part of the memory.
  case compact
}

/// A certificate with its key and the policy of TLS (`cuv.h`), shared by all loops.
@safe final class TLSContext: @unchecked Sendable {
  // Not changed once it is made, so any thread may use it.
  private let context: OpaquePointer

  /// - Throws: a sentence that names the file when it cannot be used.
  init(_ settings: DataPlane.TLSSettings) throws(DataPlaneFailure) {
    var context: OpaquePointer?
    var why = [CChar](repeating: 0, count: 256)
    let records = settings.records == .openSSL ? CUV_TLS_OPENSSL : CUV_TLS_COMPACT
    let result = unsafe cuv_tls_context_create(
      &context, settings.certificate, settings.key, Int32(records), &why)
    guard result == 0, let context = unsafe context else {
      let sentence = String(decoding: why.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      throw DataPlaneFailure(description: sentence)
    }
    unsafe self.context = context
  }

  deinit { unsafe cuv_tls_context_destroy(context) }

  /// When the certificate ends, in seconds since 1970; 0: unknown.
  var expiry: Int64 { unsafe cuv_tls_context_expiry(context) }

  /// Every connection that this loop opens from now on speaks TLS. Before it runs.
  /// - Parameter handshakes: how many may be under way at once.
  func use(on loop: OpaquePointer, handshakes: Int) -> Int32 {
    unsafe cuv_loop_use_tls(loop, context, UInt32(clamping: handshakes))
  }
}
