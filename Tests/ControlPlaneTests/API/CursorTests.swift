import Testing

@testable import ControlPlane

@Suite("Cursor")
struct CursorTests {
  private struct Item: JSONWritable {
    var number: Int
    func write(to writer: inout JSONWriter) { writer.integer(number) }
  }

  private func page(_ numbers: [Int], limit: Int) -> Reply {
    Page(numbers, limit: limit, item: Item.init) { .seq(UInt64($0)) }
      .reply(path: "/list", parameters: ["limit=\(limit)"])
  }

  @Test("A cursor comes back, and only to its own list")
  func roundTrip() {
    for number in [0, 1, 1 << 40, UInt64.max] {
      #expect(Cursor.number(.event, Cursor.text(.event, number)) == number)
      #expect(Cursor.number(.booking, Cursor.text(.event, number)) == nil)
    }
  }

  @Test("Made-up cursors are refused", arguments: ["", "1", "e1", "ZQ", "ZTAx", "ZS0x", "????", "ZTE="])
  func madeUp(text: String) {
    #expect(Cursor.number(.event, text) == nil)
  }

  @Test("One item too many means that there is a next page, named in the body and as a link")
  func next() {
    let reply = page([1, 2, 3], limit: 2)
    #expect(String(decoding: reply.body, as: UTF8.self) == #"{"items":[1,2],"next":2}"#)
    #expect(reply.fields.contains(.init(name: "link", value: "</list?limit=2&after=2>; rel=\"next\"")))
  }

  @Test("The last page has no next")
  func last() {
    for numbers in [[], [1], [1, 2]] {
      let reply = page(numbers, limit: 2)
      #expect(String(decoding: reply.body, as: UTF8.self).hasSuffix("\"next\":null}"))
      #expect(!reply.fields.contains { $0.name == "link" })
    }
  }

  @Test("A page has 20 items unless another number from 1 to 100 is asked for")
  func limits() throws {
    #expect(try Query().limit() == 20)
    #expect(try Query("limit=100").limit() == 100)
    for text in ["0", "101", "x", ""] {
      #expect(throws: Problem.self) { try Query("limit=\(text)").limit() }
    }
    #expect(throws: Problem.self) { try Query("cursor=x").cursor(.event) }
  }
}
