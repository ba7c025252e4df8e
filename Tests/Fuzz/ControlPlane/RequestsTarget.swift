// Whole requests through the router, the services, the ledger and the database: each is answered once, never with 500. The
// input is a line `METHOD target`, lines `name: value`, an empty line and the body; `USER` and `ADMIN` in a field stand
// for good tokens.

private let surroundings = Surroundings()

private let backend: Backend = {
  do throws(StartFailure) {
    let backend = try open(surroundings)
    for body in [#"{"name":"One","seatCapacity":50}"#, #"{"name":"Two","seatCapacity":9,"maxPerUser":2}"#] {
      let fields = [
        ("authorization", "Bearer " + fuzzToken(backend, 1, .admin)), ("content-type", "application/json"),
      ]
      _ = ask(
        backend, surroundings, Array("POST".utf8), Array("/api/events".utf8),
        fields.map { (Array($0.0.utf8), Array($0.1.utf8)) }, Array(body.utf8))
    }
    return backend
  } catch {
    fatalError("no server: \(error)")
  }
}()

private let words: [(word: [UInt8], value: [UInt8])] = [
  (Array("USER".utf8), Array(fuzzToken(backend, 7).utf8)),
  (Array("ADMIN".utf8), Array(fuzzToken(backend, 1, .admin).utf8)),
]

func fuzzRequests(_ bytes: [UInt8]) {
  var input = Input(bytes)
  var line = Input(input.take(until: UInt8(ascii: "\n")))
  let (method, target) = (line.take(until: UInt8(ascii: " ")), line.all())
  // The parser lets nothing else through.
  guard target.first == UInt8(ascii: "/") || target == [UInt8(ascii: "*")] && method == Array("OPTIONS".utf8),
    target.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
  else { return }
  var fields: [(name: [UInt8], value: [UInt8])] = []
  while fields.count < 8 {
    var field = Input(input.take(until: UInt8(ascii: "\n")))
    let name = field.take(until: UInt8(ascii: ":"))
    guard !name.isEmpty else { break }
    let value = field.all().filter { $0 >= 0x20 && $0 != 0x7F }
    fields.append((name, expanded(Array(value.drop { $0 == 0x20 }))))
  }
  // A password costs more than everything else together.
  guard !target.starts(with: "/api/auth".utf8), !target.starts(with: "/api/users".utf8) else { return }
  guard let answer = ask(backend, surroundings, method, target, fields, input.all()) else { return }
  require((200..<600).contains(answer.status) && answer.status != 500, "answered with \(answer.status)")
  if (400..<500).contains(answer.status) {
    require(
      (try? StrictJSON.parse(answer.body).members?["status"]) != nil, "a refusal that is no problem document")
  }
}

private func expanded(_ value: [UInt8]) -> [UInt8] {
  for (word, token) in words where value.suffix(word.count).elementsEqual(word) {
    return value.dropLast(word.count) + token
  }
  return value
}
