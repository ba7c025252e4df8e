import CUVShim
import Glibc
import TestSupport
import Testing

@Suite struct TLSContextTests {
  /// The result and the sentence.
  private func create(
    _ certificate: String, _ key: String, records: Int32 = Int32(CUV_TLS_OPENSSL)
  ) -> (result: Int32, why: String) {
    var context: OpaquePointer?
    var why = [CChar](repeating: 0x78, count: 256)
    let result = unsafe cuv_tls_context_create(&context, certificate, key, records, &why)
    #expect(unsafe (context != nil) == (result == 0))
    unsafe cuv_tls_context_destroy(context)
    return (result, String(decoding: why.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
  }

  @Test("a certificate with its key is taken, without a word", arguments: RecordLayer.allCases)
  func takes(layer: RecordLayer) {
    let made = create(TLSOptions.certificate, TLSOptions.key, records: layer.rawValue)
    #expect(made.result == 0)
    #expect(made.why.isEmpty)
  }

  @Test("the end of the certificate is told")
  func expiry() {
    var context: OpaquePointer?
    var why = [CChar](repeating: 0, count: 256)
    #expect(
      unsafe cuv_tls_context_create(
        &context, TLSOptions.certificate, TLSOptions.key, Int32(CUV_TLS_OPENSSL), &why) == 0)
    // 2126-11-24T14:08:49Z
    #expect(unsafe cuv_tls_context_expiry(context) == 4951202929)
    unsafe cuv_tls_context_destroy(context)
  }

  @Test("an unknown kind of records is refused")
  func unknownRecords() {
    let made = create(TLSOptions.certificate, TLSOptions.key, records: 2)
    #expect(made.result == -EINVAL)
    #expect(made.why == "There is no such kind of TLS records: 2.")
  }

  @Test("a missing file is named with the system's reason")
  func missing() {
    let certificate = create("nowhere/cert.pem", TLSOptions.key)
    #expect(certificate.result == -ENOENT)
    #expect(
      certificate.why == "The certificate file nowhere/cert.pem cannot be read: No such file or directory.")
    let key = create(TLSOptions.certificate, "nowhere/key.pem")
    #expect(key.result == -ENOENT)
    #expect(key.why == "The key file nowhere/key.pem cannot be read: No such file or directory.")
  }

  @Test("a folder is no file")
  func folder() throws {
    let folder = try TemporaryFolder()
    let made = create(folder.path, TLSOptions.key)
    #expect(made.result == -EISDIR)
    #expect(made.why == "The certificate file \(folder.path) cannot be read: Is a directory.")
  }

  @Test("a pipe is no file, and nobody waits for what may come out of it")
  func pipe() throws {
    let folder = try TemporaryFolder()
    #expect(unsafe mkfifo(folder.path + "/pipe", 0o600) == 0)
    let sentence = "file \(folder.path)/pipe is a pipe or a device, not a file."
    #expect(create(folder.path + "/pipe", TLSOptions.key).why == "The certificate \(sentence)")
    #expect(create(TLSOptions.certificate, folder.path + "/pipe").why == "The key \(sentence)")
  }

  @Test("a file without PEM, or with PEM of another kind, is told apart by what is missing")
  func noPEM() {
    let text = SourceTree.root + "/Tests/Certificates/README.md"
    let certificate = create(text, TLSOptions.key)
    #expect(certificate.result == -EINVAL)
    #expect(certificate.why == "The file \(text) holds no certificate in PEM.")
    let key = create(TLSOptions.certificate, text)
    #expect(key.result == -EINVAL)
    #expect(key.why == "The file \(text) holds no unencrypted private key in PEM.")
    #expect(
      create(TLSOptions.key, TLSOptions.key).why == "The file \(TLSOptions.key) holds no certificate in PEM.")
  }

  @Test("a key that is encrypted is refused, and nobody is asked for its password")
  func encrypted() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/key.pem"
    let (status, _, error) = try run(
      "/usr/bin/openssl",
      ["pkcs8", "-topk8", "-in", TLSOptions.key, "-passout", "pass:secret", "-out", path])
    try #require(status == .exited(0), "\(error)")
    #expect(
      create(TLSOptions.certificate, path).why == "The file \(path) holds no unencrypted private key in PEM.")
  }

  @Test("another certificate's key is refused")
  func otherKey() {
    let made = create(TLSOptions.certificate, TLSOptions.otherKey)
    #expect(made.result == -EINVAL)
    #expect(
      made.why
        == "The key in \(TLSOptions.otherKey) does not belong to the certificate in \(TLSOptions.certificate)."
    )
  }

  @Test("a sentence that is too long is cut")
  func longNames() {
    let made = create(String(repeating: "n", count: 1000), TLSOptions.key)
    #expect(made.result == -ENAMETOOLONG)
    #expect(made.why.utf8.count == 255)
  }

  @Test("a loop speaks TLS once")
  func once() throws {
    var context: OpaquePointer?
    var why = [CChar](repeating: 0, count: 256)
    try #require(
      unsafe cuv_tls_context_create(&context, TLSOptions.certificate, TLSOptions.key, 0, &why) == 0)
    defer { unsafe cuv_tls_context_destroy(context) }
    let harness = try LoopHarness()
    #expect(unsafe cuv_loop_use_tls(harness.loop, context, 0) == -EINVAL)
    #expect(unsafe cuv_loop_use_tls(harness.loop, context, 1) == 0)
    #expect(unsafe cuv_loop_use_tls(harness.loop, context, 1) == -EALREADY)
  }
}

@Suite struct TLSReloadTests {
  private static let otherCertificate =
    SourceTree.root + "/Tests/Certificates/other-test-certificate.pem"

  private func make() throws -> OpaquePointer {
    var context: OpaquePointer?
    var why = [CChar](repeating: 0, count: 256)
    let result = unsafe cuv_tls_context_create(
      &context, TLSOptions.certificate, TLSOptions.key, Int32(CUV_TLS_OPENSSL), &why)
    try #require(result == 0)
    return unsafe try #require(unsafe context)
  }

  @Test("a reload takes the new pair, and keeps the old one when the new one cannot be used")
  func reload() throws {
    let context = unsafe try make()
    let before = unsafe cuv_tls_context_expiry(context)
    var why = [CChar](repeating: 0, count: 256)
    let mixed = unsafe cuv_tls_context_reload(context, TLSOptions.certificate, TLSOptions.otherKey, &why)
    #expect(mixed == -EINVAL)
    #expect(
      String(decoding: why.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        .contains("other-test-key.pem"))
    #expect(unsafe cuv_tls_context_expiry(context) == before)
    let fresh = unsafe cuv_tls_context_reload(context, Self.otherCertificate, TLSOptions.otherKey, &why)
    #expect(fresh == 0)
    #expect(why[0] == 0)
    #expect(unsafe cuv_tls_context_expiry(context) != before)
    unsafe cuv_tls_context_destroy(context)
  }

  @Test("a loop keeps what it needs when the context is given back first")
  func shared() throws {
    let context = unsafe try make()
    let harness = try LoopHarness()
    #expect(unsafe cuv_loop_use_tls(harness.loop, context, 8) == 0)
    unsafe cuv_tls_context_destroy(context)
  }
}
