import TestSupport
import Testing

@testable import ControlPlane

@Suite("RecordChain")
struct RecordChainTests {
  /// docs/RECORD.md has the same numbers.
  @Test("The chain of the document's example")
  func vectors() {
    var chain = RecordChain(of: "00112233445566aa")
    #expect(hex(chain.link) == "37e372d8ec4b164fc4bdb7d4ec414ffa59be10b6f29638228c1c24169c930b7c")
    chain.add(Array(#"{"n":1}"#.utf8))
    #expect(hex(chain.leaf) == "fb5d93e6cf90bc9470cd9ea9d9e12348993db3e854ab2b7660e3594767045f6c")
    #expect(hex(chain.link) == "63795020845b7dce807644abd7ed30b90e343b21f09079b8cc6ca7fdc354e90b")
    #expect(chain.size == 1)
  }

  @Test("A leaf is the tagged hash of the entry, a link that of the link before and the leaf")
  func definition() {
    var chain = RecordChain(of: "a")
    let start = Cryptography.sha256(Array("seatcast.record.v1\na\n".utf8))
    #expect(chain.link == start)
    let line = Array("xxentryyy".utf8)
    chain.add(line, 2..<7)
    let leaf = Cryptography.sha256([0] + Array("entry".utf8))
    #expect(chain.leaf == leaf && chain.link == Cryptography.sha256([1] + start + leaf))

    var other = RecordChain(of: "a")
    other.add(leaf: leaf)
    #expect(other == chain)
    var longer = RecordChain(size: chain.size, link: chain.link)
    longer.add([])
    #expect(longer.size == 2)
    #expect(longer.link == Cryptography.sha256([1] + chain.link + Cryptography.sha256([0])))
  }

  @Test("A pseudonym is an HMAC of event and user, and another one in another event")
  func pseudonyms() {
    let key = (0..<32).map { UInt8($0) }
    var names = RecordPseudonyms(key: key)
    let message: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 1, 2]
    let digest = Cryptography.hmacSHA256(message, key: key)
    #expect(names.name(of: 258, in: 7) == Base64.encode(digest.prefix(12), .urlSafe))
    #expect(names.name(of: 258, in: 7).count == 16)
    #expect(names.name(of: 258, in: 8) != names.name(of: 258, in: 7))
    #expect(names.name(of: 259, in: 7) != names.name(of: 258, in: 7))
  }

  @Test("Padded Base64 has one spelling", arguments: 0...9)
  func padding(count: Int) {
    let bytes = (0..<count).map { UInt8(200 + $0) }
    let text = Base64.padded(bytes)
    #expect(text.utf8.count % 4 == 0)
    #expect(Base64.unpadded(text) == bytes)
    #expect(Base64.unpadded(text + "=") == nil)
    if text.hasSuffix("=") { #expect(Base64.unpadded(String(text.dropLast())) == nil) }
  }
}
