import TestSupport
import Testing

@testable import seatcast

@Suite("Signature lines")
struct SignatureLinesTests {
  @Test("Lines are cut at every line break, wherever the input is cut")
  func cuts() {
    let input = Array("one\r\n\ntwo\nlast".utf8)
    for size in 1...input.count {
      var splitter = LineSplitter(maximumBytes: 10)
      var lines: [[UInt8]?] = []
      for start in stride(from: 0, to: input.count, by: size) {
        lines += splitter.take(input[start..<min(start + size, input.count)])
      }
      lines += splitter.end()
      #expect(lines == ["one", "", "two", "last"].map { Array($0.utf8) })
      #expect(splitter.end().isEmpty)
    }
  }

  @Test("A line that is too long is none, and the next one is read")
  func tooLong() {
    var splitter = LineSplitter(maximumBytes: 3)
    #expect(splitter.take(Array("abcd\nab\n".utf8)[...]) == [nil, Array("ab".utf8)])
    #expect(splitter.take(Array("abcdef".utf8)[...]).isEmpty)
    #expect(splitter.end() == [nil])
  }
}
