import Testing

@testable import ControlPlane

@Suite("BodyReader")
struct BodyReaderTests {
  private func request(_ body: String, types: [String] = ["application/json"]) -> Request {
    Request(
      method: "POST", path: "/", fields: types.map { .init(name: "content-type", value: $0) },
      body: Array(body.utf8), ticket: ReplyTicket(high: 0, low: 0))
  }

  private enum Color: String, CaseIterable { case red, blue }

  @Test("A body in a content coding is 415, and the answer says that none is taken")
  func contentCodings() throws {
    func read(_ codings: String...) throws {
      let fields =
        ["application/json"].map { Request.Field(name: "content-type", value: $0) }
        + codings.map { Request.Field(name: "Content-Encoding", value: $0) }
      _ = try BodyReader(
        Request(
          method: "POST", path: "/", fields: fields, body: Array("{}".utf8),
          ticket: ReplyTicket(high: 0, low: 0)))
    }
    for coding in ["identity", "Identity", ""] {
      #expect(throws: Never.self) { try read(coding) }
    }
    for codings in [["gzip"], ["br"], ["identity", "gzip"], ["identity, gzip"]] {
      let problem = #expect(throws: Problem.self) {
        if codings.count == 1 { try read(codings[0]) } else { try read(codings[0], codings[1]) }
      }
      #expect(problem?.reply.status == 415)
      #expect(problem?.reply.first("accept-encoding") == "identity")
    }
  }

  @Test("The media type must be JSON, in UTF-8 when it names a charset")
  func mediaTypes() throws {
    for type in [
      "application/json", "Application/JSON", "application/json; charset=utf-8",
      "application/json;charset=\"UTF-8\"", "application/json ; x=y",
    ] { #expect(throws: Never.self) { try BodyReader(request("{}", types: [type])) } }
    for types in [
      [], [""], ["text/plain"], ["application/x-www-form-urlencoded"], ["application/jsonx"],
      ["application/json; charset=latin1"], ["application/json", "application/json"],
    ] {
      let problem = #expect(throws: Problem.self) { try BodyReader(request("{}", types: types)) }
      #expect(problem?.type == .unsupportedMediaType)
    }
  }

  @Test("Broken JSON is 400 and says where; another value than an object is 422")
  func documents() {
    let broken = #expect(throws: Problem.self) { try BodyReader(request("{\"a\":}")) }
    #expect(broken?.type == .malformedJSON)
    #expect(broken?.members == [.init("offset", .integer(5))])
    #expect(throws: Problem.self) { try BodyReader(request("")) }
    let array = #expect(throws: Problem.self) { try BodyReader(request("[]")) }
    #expect(array?.type == .validationFailed)
    #expect(array?.errors.map(\.pointer.text) == [""])
  }

  @Test("Sixteen levels are read, seventeen are bad JSON")
  func depth() {
    func nested(_ depth: Int) -> String {
      "{\"a\":" + String(repeating: "[", count: depth - 1) + String(repeating: "]", count: depth - 1) + "}"
    }
    #expect(throws: Never.self) { try BodyReader(request(nested(16))) }
    let problem = #expect(throws: Problem.self) { try BodyReader(request(nested(17))) }
    #expect(problem?.type == .malformedJSON)
  }

  @Test("Good members are read, absent ones are nil, unknown ones ignored")
  func reads() throws {
    var body = try BodyReader(
      request(#"{"t":"text","i":5.0,"b":true,"m":"1970-01-01T00:00:00Z","n":null,"c":"blue","x":[{}]}"#))
    #expect(body.text("t", bytes: 1...4) == "text")
    #expect(body.integer("i", in: 5...5) == 5)
    #expect(body.bool("b") == true)
    #expect(body.moment("m") == .some(.some(Instant(milliseconds: 0))))
    #expect(body.moment("n") == .some(.none))
    #expect(body.choice("c", among: Color.allCases) == .blue)
    #expect(body.text("no", bytes: 1...4) == nil)
    #expect(body.integer("no", in: 5...5) == nil)
    #expect(body.bool("no") == nil)
    #expect(body.moment("no") == nil)
    #expect(body.choice("no", among: Color.allCases) == nil)
    #expect(throws: Never.self) { try body.finish() }
  }

  @Test("Every wrong member is told, each with its pointer")
  func errors() throws {
    var body = try BodyReader(
      request(#"{"t":1,"i":"5","b":0,"m":"soon","c":"green","long":"xxxxx","big":6}"#))
    _ = body.text("t", bytes: 1...4)
    _ = body.integer("i", in: 1...5)
    _ = body.bool("b")
    _ = body.moment("m")
    _ = body.choice("c", among: Color.allCases)
    _ = body.text("long", bytes: 1...4)
    _ = body.integer("big", in: 1...5)
    _ = body.requiredText("absent", bytes: 1...4)
    _ = body.requiredInteger("gone", in: 1...5)
    body.note("own", "is odd")
    let problem = #expect(throws: Problem.self) { try body.finish() }
    #expect(problem?.type == .validationFailed)
    #expect(
      problem?.errors.map(\.pointer.text)
        == ["/t", "/i", "/b", "/m", "/c", "/long", "/big", "/absent", "/gone", "/own"])
    #expect(problem?.errors.first?.detail == "must be a string, not a number")
  }

  @Test("null is not a value for members that are not moments")
  func nulls() throws {
    var body = try BodyReader(request(#"{"t":null,"i":null,"b":null,"c":null}"#))
    _ = body.requiredText("t", bytes: 1...4)
    _ = body.requiredInteger("i", in: 1...5)
    _ = body.bool("b")
    _ = body.choice("c", among: Color.allCases)
    let problem = #expect(throws: Problem.self) { try body.finish() }
    #expect(problem?.errors.count == 4)
  }

  @Test("Bounds are bytes, not characters")
  func bytes() throws {
    var body = try BodyReader(request(#"{"t":"éé"}"#))
    #expect(body.text("t", bytes: 1...4) == "éé")
    #expect(body.text("t", bytes: 1...3) == nil)
  }

  @Test("Names keep to one line and to their own order, longer texts may have lines")
  func lines() throws {
    var good = try BodyReader(request(#"{"a":"Éva \u200dשלום","b":"one\ntwo\tthree"}"#))
    let (name, text) = (good.line("a", bytes: 0...99), good.lines("b", bytes: 0...99))
    #expect(name == "Éva \u{200D}שלום" && text == "one\ntwo\tthree")
    #expect(throws: Never.self) { try good.finish() }
    for harm in [#"\u001b[2J"#, #"\u0000"#, #"\u007f"#, #"\u009b"#, #"\u2028"#, #"\u202e"#, #"\u2066"#] {
      var body = try BodyReader(request(#"{"a":"x\#(harm)","b":"y\#(harm)"}"#))
      let read = (body.requiredLine("a", bytes: 0...99), body.lines("b", bytes: 0...99))
      #expect(read == ("", nil))
      let problem = #expect(throws: Problem.self) { try body.finish() }
      #expect(problem?.errors.map(\.pointer.text) == ["/a", "/b"])
      #expect(problem?.errors.first?.detail == "must not contain control characters")
    }
    var broken = try BodyReader(request(#"{"a":"one\ntwo"}"#))
    let line = broken.line("a", bytes: 0...99)
    #expect(line == nil)
  }

  @Test("No more than 16 unknown members are noted")
  func manyUnknown() throws {
    let members = (0..<1_000).map { #""unknown\#($0)":1"# }.joined(separator: ",")
    var body = try BodyReader(request("{\(members)}"))
    body.refuseUnknown(besides: ["name"])
    let problem = #expect(throws: Problem.self) { try body.finish() }
    #expect(problem?.errors.count == 16)
    #expect(problem?.errors.last?.pointer == .root.appending("unknown15"))
  }

  @Test("Unknown members are noted with the name that was probably meant")
  func unknown() throws {
    var body = try BodyReader(request(#"{"maxPerUsr":1,"name":"x","zzzzzzz":2,"\u006e\u0061me2":3}"#))
    body.refuseUnknown(besides: ["name", "maxPerUser"])
    let problem = #expect(throws: Problem.self) { try body.finish() }
    #expect(problem?.type == .validationFailed)
    #expect(
      problem?.errors == [
        .init(pointer: .root.appending("maxPerUsr"), detail: "is not known here; did you mean maxPerUser?"),
        .init(pointer: .root.appending("zzzzzzz"), detail: "is not known here"),
        .init(pointer: .root.appending("name2"), detail: "is not known here; did you mean name?"),
      ])
  }
}
