import Testing

@testable import ControlPlane

@Suite("Requests and field lines")
struct RequestTests {
  private let request = Request(
    method: "GET", path: "/",
    fields: [.init(name: "X-A", value: "1"), .init(name: "x-b", value: "2"), .init(name: "x-a", value: "")],
    ticket: ReplyTicket(high: 0, low: 0))

  @Test("A field is found whatever the case of its name, and told apart when it stands twice")
  func occurrences() {
    if case .repeated = request.occurrence(of: "x-a") {} else { Issue.record("x-a stands twice") }
    if case .absent = request.occurrence(of: "x") {} else { Issue.record("x does not stand there") }
    guard case .once(let value) = request.occurrence(of: "x-b") else {
      Issue.record("x-b stands once")
      return
    }
    #expect(request.bytes.matches(value, "2"))
    #expect(request.values(of: "x-a").map { Array($0) } == [Array("1".utf8), []])
    #expect(request.isMethod("GET") && !request.isMethod("get"))
  }

  @Test("Fields become finished lines, in order")
  func lines() {
    var lines: FieldLines = [.init(name: "a", value: "1"), .init(name: "b", value: "é \t")]
    lines.append([.init(name: "c", value: "")])
    lines.append(start: Array("d: /".utf8)) { $0.append(UInt8(ascii: "x")) }
    #expect(String(decoding: lines.bytes, as: UTF8.self) == "a: 1\r\nb: é \t\r\nc: \r\nd: /x\r\n")
  }

  @Test("A value that would split an answer is not sent", arguments: ["a\r\nb: c", "\n", "\u{0}", "a\u{7F}"])
  func splitting(value: String) {
    let lines: FieldLines = [.init(name: "a", value: "1"), .init(name: "b", value: value)]
    #expect(lines == [.init(name: "a", value: "1")])
  }
}
