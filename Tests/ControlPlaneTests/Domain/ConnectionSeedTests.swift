import TestSupport
import Testing

@testable import ControlPlane

@Suite("ConnectionSeed")
struct ConnectionSeedTests {
  @Test("A process keeps the seed that it began with, whatever another one tells")
  func kept() {
    let seed = ConnectionSeed.bytes
    #expect(seed.count == ConnectionSeed.byteCount)
    #expect(ConnectionSeed.use(seed))
    #expect(!ConnectionSeed.use([UInt8](repeating: 1, count: ConnectionSeed.byteCount)))
    #expect(ConnectionSeed.bytes == seed)
  }

  @Test("Keys of identities differ with issuer and subject, and are the same each time")
  func keys() {
    let ann = Identity(issuer: "ab", subject: .text("c"))
    #expect(ann.connectionKey == Identity(issuer: "ab", subject: .text("c")).connectionKey)
    #expect(ann.connectionKey != Identity(issuer: "a", subject: .text("bc")).connectionKey)
    #expect(Identity.local(1).connectionKey != Identity.local(2).connectionKey)
  }

  @Test("Hexadecimal text is read back, and nothing else is")
  func hexadecimal() {
    #expect(bytes(hex: hex([0, 9, 171, 255])) == [0, 9, 171, 255])
    #expect(bytes(hex: "") == [])
    for text in ["a", "0g", "AB", "\u{e4}1"] { #expect(bytes(hex: text) == nil) }
  }
}
