import Testing

@testable import seatcast

@Suite("Trace context")
struct TraceContextTests {
  private let trace = "0af7651916cd43dd8448eb211c80319c"
  private let parent = "b7ad6b7169203331"

  @Test("The trace, the parent and the sampled flag are read (W3C Trace Context, section 3.2.2)")
  func reads() throws {
    let context = try #require(TraceContext(["00-\(trace)-\(parent)-01"]))
    #expect(context.traceID == trace && context.parentID == parent && context.isSampled)
    #expect(TraceContext(["00-\(trace)-\(parent)-00"])?.isSampled == false)
    // Only the lowest bit has a meaning.
    #expect(TraceContext(["00-\(trace)-\(parent)-fe"])?.isSampled == false)
    #expect(TraceContext(["00-\(trace)-\(parent)-03"])?.isSampled == true)
  }

  @Test("A later version is read as far as it is known (section 3.2.4)")
  func versions() {
    #expect(TraceContext(["cc-\(trace)-\(parent)-01"]) != nil)
    #expect(TraceContext(["cc-\(trace)-\(parent)-01-what-else"]) != nil)
    #expect(TraceContext(["cc-\(trace)-\(parent)-01.x"]) == nil)
    #expect(TraceContext(["ff-\(trace)-\(parent)-01"]) == nil)
    #expect(TraceContext(["00-\(trace)-\(parent)-01-more"]) == nil)
  }

  @Test("What is malformed tells nothing")
  func malformed() {
    let upper = trace.uppercased()
    let bad = [
      "", "00", "00-\(trace)-\(parent)", "00-\(trace)-\(parent)-1", "00-\(upper)-\(parent)-01",
      "00-\(String(repeating: "0", count: 32))-\(parent)-01",
      "00-\(trace)-\(String(repeating: "0", count: 16))-01", "0-\(trace)-\(parent)-01",
      "00_\(trace)-\(parent)-01", "00-\(trace)-\(parent)-0x", " 00-\(trace)-\(parent)-01",
      "00-\(trace.dropLast())g-\(parent)-01", "0A-\(trace)-\(parent)-01",
    ]
    for text in bad { #expect(TraceContext([text]) == nil, "\(text)") }
    #expect(TraceContext([]) == nil)
    #expect(TraceContext(["00-\(trace)-\(parent)-01", "00-\(trace)-\(parent)-01"]) == nil)
  }
}
