// A database that somebody else has written over is opened as the server opens its own: it is refused with a sentence, or
// serves requests; it never ends the process. The input says which bytes of a good database are others: a page, a place in
// it, a length and the bytes; or where the file ends.
import Glibc

private let path = fuzzFolder + "/seatcast.db"

/// A database with events, bookings, holds, a waiting list and ticket types.
private let good: [UInt8] = {
  let surroundings = Surroundings()
  do throws(StartFailure) {
    let backend = try open(surroundings)
    let admin = fuzzToken(backend, 1, .admin)
    let types = #","types":[{"name":"Floor","capacity":20},{"name":"Balcony"}]"#
    post(backend, surroundings, admin, "/api/events", #"{"name":"One","seatCapacity":50\#(types)}"#)
    post(backend, surroundings, admin, "/api/events", #"{"name":"Two","seatCapacity":9}"#)
    for user in UInt64(2)...9 {
      let token = fuzzToken(backend, user)
      post(backend, surroundings, token, "/api/bookings", #"{"eventId":1,"quantity":2,"typeId":1}"#)
      post(backend, surroundings, token, "/api/bookings", #"{"eventId":2,"quantity":1,"hold":true}"#)
      post(backend, surroundings, token, "/api/events/2/waitlist", #"{"quantity":4}"#)
    }
    backend.close()
  } catch {
    fatalError("no database: \(error)")
  }
  return contents(of: path)
}()

private func post(
  _ backend: Backend, _ surroundings: Surroundings, _ token: String, _ target: String, _ body: String
) {
  let fields = [("authorization", "Bearer \(token)"), ("content-type", "application/json")]
  _ = ask(
    backend, surroundings, Array("POST".utf8), Array(target.utf8),
    fields.map { (Array($0.0.utf8), Array($0.1.utf8)) }, Array(body.utf8))
}

func fuzzDatabase(_ bytes: [UInt8]) {
  var (input, database) = (Input(bytes), good)
  var edits = 0
  while !input.isEmpty, edits < 16 {
    edits += 1
    let kind = input.byte()
    if kind == 0xFF {
      database.removeLast(min(database.count, input.number(bytes: 3)))
      continue
    }
    let place = input.number(bytes: 1) * 4_096 + input.number(bytes: 2) % 4_096
    for (offset, byte) in input.take(Int(kind % 32) + 1).enumerated() where place + offset < database.count {
      database[place + offset] = byte
    }
  }
  replace(database)
  let surroundings = Surroundings()
  do throws(StartFailure) {
    let backend = try open(surroundings)
    use(backend, surroundings)
    backend.close()
  } catch {
    require(!error.description.isEmpty, "a refusal without a sentence")
  }
}

/// Reads and writes of every kind; what is damaged may be answered 5xx.
private func use(_ backend: Backend, _ surroundings: Surroundings) {
  let admin = "Bearer " + fuzzToken(backend, 1, .admin)
  let user = "Bearer " + fuzzToken(backend, 2)
  for (method, target, token, body) in [
    ("GET", "/api/events?limit=100", "", ""), ("GET", "/api/events/1", "", ""),
    ("GET", "/api/events/2", "", ""),
    ("GET", "/api/bookings", user, ""), ("GET", "/api/events/1/notices?limit=100", admin, ""),
    ("GET", "/api/notices", admin, ""), ("GET", "/api/audit", admin, ""), ("GET", "/api/users", admin, ""),
    ("GET", "/api/events/2/waitlist", user, ""), ("GET", "/api/events/1/stakes", admin, ""),
    ("POST", "/api/bookings", user, #"{"eventId":1,"quantity":1}"#),
    ("POST", "/api/bookings", user, #"{"eventId":2,"quantity":1,"hold":true}"#),
    ("PATCH", "/api/events/1", admin, #"{"seatCapacityDelta":5,"name":"Other"}"#),
    ("PATCH", "/api/events/2", admin, #"{"status":"cancelled"}"#), ("DELETE", "/api/events/2", admin, ""),
  ] {
    let fields = [("authorization", token), ("content-type", "application/json")].filter { !$0.1.isEmpty }
    _ = ask(
      backend, surroundings, Array(method.utf8), Array(target.utf8),
      fields.map { (Array($0.0.utf8), Array($0.1.utf8)) }, Array(body.utf8))
  }
  for event in Int64(1)...2 {
    _ = backend.watch(EventID(event), by: Watcher(0))
    _ = backend.history(of: EventID(event), after: 0, through: 50, ticket: ReplyTicket(high: 0, low: 0))
  }
  while backend.pump() {}
  _ = backend.threads.record?.recorder.seal()
}

// MARK: - Files

private func replace(_ database: [UInt8]) {
  for suffix in ["-wal", "-shm", "-journal"] { unsafe unlink(path + suffix) }
  let file = unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
  let written = unsafe write(file, database, database.count)
  require(file >= 0 && written == database.count, "the file is not written")
  close(file)
}

private func contents(of path: String) -> [UInt8] {
  let file = unsafe Glibc.open(path, O_RDONLY)
  require(file >= 0, "there is no database")
  defer { close(file) }
  var bytes = [UInt8](repeating: 0, count: 4 << 20)
  let count = unsafe read(file, &bytes, bytes.count)
  require(count > 0 && count < bytes.count, "a database of that size")
  return Array(bytes.prefix(count))
}
