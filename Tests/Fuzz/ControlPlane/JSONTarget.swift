// The JSON reader: it refuses with a place inside of the document, or reads what is there; written anew, a document means
// the same. Bodies and clients' messages are read by the same reader.

func fuzzJSON(_ bytes: [UInt8]) {
  let document: JSONDocument
  do throws(JSONRefusal) {
    document = try StrictJSON.scan(bytes)
  } catch {
    require((0...bytes.count).contains(error.offset), "refused outside of the document")
    require((try? StrictJSON.parse(bytes)) == nil, "read as a value and not in place")
    checkReaders(bytes, isObject: false)
    return
  }
  let value = document.value(0)
  require(isSame(value, try? StrictJSON.parse(bytes)), "two readings differ")
  var text: [UInt8] = []
  write(value, &text)
  require(isSame(value, try? StrictJSON.parse(text)), "its own writing means something else")
  checkInPlace(document, 0, value)
  checkReaders(bytes, isObject: document.isObject)
}

/// What is read member by member is what the whole value says.
private func checkInPlace(_ document: JSONDocument, _ index: Int, _ value: JSONValue) {
  switch value {
  case .null: require(document.isNull(index), "null")
  case .bool(let flag): require(document.bool(index) == flag, "a truth value")
  case .integer, .number: require(document.whole(index) == value.whole, "a number")
  case .string(let text): require(document.text(index) == text && document.isText(index, text), "a string")
  case .array(let values):
    let elements = document.elements(of: index) ?? []
    require(elements.count == values.count, "an array")
    for (element, value) in zip(elements, values) { checkInPlace(document, element, value) }
  case .object(let members):
    require(document.memberNames(of: index).sorted() == members.keys.sorted(), "the names of an object")
    for (name, value) in members {
      guard let member = document.member(name, of: index) else { fatalError("a member is not found") }
      checkInPlace(document, member, value)
    }
  }
}

private func isSame(_ one: JSONValue, _ other: JSONValue?) -> Bool { one == other }

private func write(_ value: JSONValue, _ text: inout [UInt8]) {
  switch value {
  case .null: text += "null".utf8
  case .bool(let flag): text += "\(flag)".utf8
  case .integer(let number): Decimal.append(number, to: &text)
  case .number(let number): text += "\(number)".utf8
  case .string(let string): JSONWriter.append(string, to: &text)
  case .array(let values):
    text.append(UInt8(ascii: "["))
    for (index, value) in values.enumerated() {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      write(value, &text)
    }
    text.append(UInt8(ascii: "]"))
  case .object(let members):
    text.append(UInt8(ascii: "{"))
    for (index, member) in members.enumerated() {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      JSONWriter.append(member.key, to: &text)
      text.append(UInt8(ascii: ":"))
      write(member.value, &text)
    }
    text.append(UInt8(ascii: "}"))
  }
}

private let messages = SessionMessages(epoch: "e", clock: FixedClock(), identifiers: FixedSource())

private func checkReaders(_ bytes: [UInt8], isObject: Bool) {
  _ = messages.decode(bytes)
  guard var body = try? BodyReader(bytes) else { return require(!isObject, "an object that is no body") }
  let draft = EventDraft(&body)
  _ = EventPatch(&body)
  body.refuseUnknown(besides: EventMembers.all)
  do throws(Problem) {
    try body.finish()
    require(BookingRules.capacities.contains(draft.seatCapacity), "a capacity out of bounds")
  } catch {
    require(!error.errors.isEmpty && !error.reply.body.isEmpty, "a refusal without a reason")
  }
}
