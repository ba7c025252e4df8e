import CUVShim
import Glibc
import Testing

@Suite struct HandshakeTests {
  private func accept(_ key: String) -> (result: Int32, text: String) {
    var out = [CChar](repeating: 0, count: 28)
    let result = unsafe cuv_websocket_accept(key, key.utf8.count, &out)
    return (result, String(decoding: out.map { UInt8(bitPattern: $0) }, as: UTF8.self))
  }

  @Test("the example of RFC 6455 section 1.3")
  func exampleOfTheStandard() {
    let answer = accept("dGhlIHNhbXBsZSBub25jZQ==")
    #expect(answer.result == 0)
    #expect(answer.text == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
  }

  @Test("another well-known pair of key and answer")
  func anotherKey() {
    #expect(accept("x3JJHMbDL1EzLkh9GBhXDw==").text == "HSmrc0sMlYUkAGmm5OPpG2HaGWk=")
  }

  @Test("a key of more than 64 bytes is refused, not overrun")
  func refusesLongKey() {
    #expect(accept(String(repeating: "k", count: 64)).result == 0)
    #expect(accept(String(repeating: "k", count: 65)).result == -EINVAL)
  }
}
