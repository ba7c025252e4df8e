internal import CUVShim

/// Who protects TLS records once OpenSSL has made the handshake (docs/decisions/0014-openssls-records-by-default.md).
public enum TLSRecords: Sendable, CaseIterable {
  /// OpenSSL: TLS 1.2 and 1.3. For what a connection costs, see `CUV_TLS_OPENSSL` in `cuv.h`.
  case openSSL
  /// CUVShim's own record layer: TLS 1.3 only, and a small part of the memory.
  case compact
}

/// A certificate with its key and the policy of TLS (`cuv.h`), shared by all loops. Any thread.
@safe final class TLSContext: @unchecked Sendable {
  private let context: OpaquePointer
  private let settings: DataPlane.TLSSettings

  /// - Throws: a sentence that names the file when it cannot be used.
  init(_ settings: DataPlane.TLSSettings) throws(DataPlaneFailure) {
    var context: OpaquePointer?
    var why = [CChar](repeating: 0, count: 256)
    let records = settings.records == .openSSL ? CUV_TLS_OPENSSL : CUV_TLS_COMPACT
    let result = unsafe cuv_tls_context_create(
      &context, settings.certificate, settings.key, Int32(records), &why)
    guard result == 0, let context = unsafe context else { throw DataPlaneFailure(told: why) }
    unsafe self.context = context
    self.settings = settings
  }

  deinit { unsafe cuv_tls_context_destroy(context) }

  /// Reads both files again; connections that are open keep what they have.
  /// - Throws: a sentence; then the certificate before stays in use.
  func reload() throws(DataPlaneFailure) {
    var why = [CChar](repeating: 0, count: 256)
    let result = unsafe cuv_tls_context_reload(context, settings.certificate, settings.key, &why)
    if result != 0 { throw DataPlaneFailure(told: why) }
  }

  /// When the certificate ends, in seconds since 1970; 0: unknown.
  var expiry: Int64 { unsafe cuv_tls_context_expiry(context) }

  /// Every connection that this loop opens from now on speaks TLS. Before it runs.
  /// - Parameter handshakes: how many may be under way at once.
  func use(on loop: OpaquePointer, handshakes: Int) -> Int32 {
    unsafe cuv_loop_use_tls(loop, context, UInt32(clamping: handshakes))
  }
}
