// What stands in targets and fields: queries, cursors, paths, entity tags, keys, numbers, moments. What is read and written
// anew is the same, and what has one canonical spelling is refused in every other.

private let patterns = ["/api/events/{id}", "/api/events/{id}/notices", "/api/bookings", "/", "/{id}"]
  .map { PathPattern($0) }

func fuzzQueries(_ bytes: [UInt8]) {
  var input = Input(bytes)
  let kind = input.byte() % 7
  let text = input.all()
  switch kind {
  case 0: readQuery(text)
  case 1: readCursor(text)
  case 2: readPath(text)
  case 3: readTags(text)
  case 4: readKey(text)
  case 5: readNumbers(text)
  default: readMoment(text)
  }
}

private func readQuery(_ text: [UInt8]) {
  guard let query = try? Query(text[...]) else { return }
  _ = try? query.limit()
  for kind in [Cursor.Kind.event, .booking, .audit, .user] { _ = try? query.cursor(kind) }
  _ = try? query.number("after", in: Decimal.seqs)
  _ = query.value("since").flatMap { UInt64(seq: $0) }
}

private func readCursor(_ text: [UInt8]) {
  let string = String(decoding: text, as: UTF8.self)
  var found = 0
  for kind in [Cursor.Kind.event, .booking, .audit, .user] {
    guard let number = Cursor.number(kind, string) else { continue }
    found += 1
    require(Cursor.text(kind, number) == string, "a cursor of two spellings")
  }
  require(found <= 1, "a cursor of two lists")
}

private func readPath(_ text: [UInt8]) {
  let range = text.indices
  let isWell = PathPattern.isWellFormed(text, range)
  let isPlain = !text.contains(UInt8(ascii: "%"))
  for pattern in patterns where isWell {
    let capture = pattern.match(text, range)
    require(capture.map { $0.clamped(to: range) == $0 } ?? true, "captured outside of the path")
    if isPlain { require(pattern.match(text, range, isPlain: true) == capture, "read in two ways") }
  }
  let string = String(decoding: text, as: UTF8.self)
  require(PercentEncoding.decode(PercentEncoding.encode(string).utf8) == string, "encoded and decoded")
}

private func readTags(_ text: [UInt8]) {
  guard let tags = EntityTags.parse(text[...]) else { return }
  for tag in tags.strong ?? [] {
    require(tags.matchesWeakly(tag), "matched strongly and not weakly")
    require(EventTag(tag.text) == tag, "a tag of two spellings")
  }
}

private func readKey(_ text: [UInt8]) {
  guard let key = IdempotencyKey.parse(text[...]) else { return }
  require((1...IdempotencyKey.maximumBytes).contains(key.utf8.count), "a key of that length")
  let quoted = "\"" + key.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined() + "\""
  require(IdempotencyKey.parse(Array(quoted.utf8)[...]) == key, "two spellings of a key differ")
}

private func readNumbers(_ text: [UInt8]) {
  if let number = Decimal.parse(text) {
    var again: [UInt8] = []
    Decimal.append(number, to: &again)
    require(again == text, "a number of two spellings")
  }
  let string = String(decoding: text, as: UTF8.self)
  if let id = PublicBookingID(string) { require(PublicBookingID(id.text) == id, "a booking's number") }
  if let tag = EventTag(string) { require(tag.text == string, "a tag of two spellings") }
  for alphabet in [Base64.Alphabet.standard, .urlSafe] {
    if let bytes = Base64.decode(text, alphabet) {
      require(Base64.encode(bytes, alphabet) == text, "base64 of two spellings")
    }
    require(Base64.decode(Base64.encode(text, alphabet), alphabet) == text, "encoded and decoded")
  }
}

private func readMoment(_ text: [UInt8]) {
  guard let moment = Timestamps.parse(String(decoding: text, as: UTF8.self)) else { return }
  require((Timestamps.earliest...Timestamps.latest).contains(moment), "a moment outside of the calendar")
  require(Timestamps.parse(Timestamps.text(moment)) == moment, "a moment of two texts")
}
