import Testing

@testable import ControlPlane

@Suite("RecordLines")
struct RecordLinesTests {
  private let digest = [UInt8](repeating: 7, count: 32)

  @Test("Lines come back as they were written")
  func lines() throws {
    var line: [UInt8] = []
    RecordLines.append(Array("{}".utf8), digest, to: &line)
    guard case .entry(let range, link: digest)? = RecordLines.content(line) else {
      Issue.record("no entry")
      return
    }
    #expect(line[range].elementsEqual("{}".utf8))
    line = []
    RecordLines.append(leaf: digest, digest, to: &line)
    #expect(RecordLines.content(line) == .hidden(leaf: digest, link: digest))
    #expect(RecordLines.content(line + [0x20]) == nil)
    #expect(RecordLines.content([]) == nil)
    #expect(RecordLines.content(Array(line.prefix(60))) == nil)
    #expect(
      RecordLines.first("r", event: 3)
        == Array(#"{"format":"seatcast.record.v1","record":"r","event":3}"#.utf8))
  }

  @Test("Entries are read, and nothing else is one")
  func entries() throws {
    let entry = try #require(RecordEntry(Array(#"{"n":3,"kind":"k","types":[[1,2],[3,4]],"x":5}"#.utf8)))
    #expect(entry.number == 3 && entry.kind == "k" && entry.whole("x") == 5 && entry.text("x") == nil)
    #expect(entry.types == [.init(id: 1, available: 2), .init(id: 3, available: 4)])
    for text in ["", "[]", "{}", #"{"n":0,"kind":"k"}"#, #"{"n":1}"#, #"{"n":1,"n":1,"kind":"k"}"#] {
      #expect(RecordEntry(Array(text.utf8)) == nil)
    }
    let odd = try #require(RecordEntry(Array(#"{"n":3,"kind":"k","types":[[1]]}"#.utf8)))
    #expect(odd.hasTypes && odd.types == nil)
  }
}
