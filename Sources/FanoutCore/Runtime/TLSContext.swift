internal import CUVShim

/// A certificate with its key and the policy of TLS (`cuv.h`), shared by all loops.
@safe final class TLSContext: @unchecked Sendable {
  // Not changed once it is made, so any thread may use it.
  private let context: OpaquePointer

  /// - Throws: a sentence that names the file when it cannot be used.
  init(_ files: DataPlane.TLSFiles) throws(DataPlaneFailure) {
    var context: OpaquePointer?
    var why = [CChar](repeating: 0, count: 256)
    let result = unsafe cuv_tls_context_create(&context, files.certificate, files.key, &why)
    guard result == 0, let context = unsafe context else {
      let sentence = String(decoding: why.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      throw DataPlaneFailure(description: sentence)
    }
    unsafe self.context = context
  }

  deinit { unsafe cuv_tls_context_destroy(context) }

  /// Every connection that this loop opens from now on speaks TLS. Before it runs.
  func use(on loop: OpaquePointer) -> Int32 { unsafe cuv_loop_use_tls(loop, context) }
}
