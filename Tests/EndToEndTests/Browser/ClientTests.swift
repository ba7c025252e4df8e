// The JavaScript client in Node, from the package that script/pack-client makes, against a real server: by event stream, and
// by WebSocket where this Node has them.
import Glibc
import TestSupport
import Testing

private let hasNode = (try? run("node", ["--version"]).status) == .exited(0)
private let hasNPM = (try? run("npm", ["--version"]).status) == .exited(0)

@Suite(
  "The JavaScript client in Node", .timeLimit(.minutes(30)),
  .enabled(if: hasNode, "no node on PATH"))
struct ClientTests {
  /// Follows event 1, books when it gets a signal, and prints a line for everything that it is told.
  private static let program = """
    import { connect } from 'seatcast-client'
    const [url, token] = process.argv.slice(2)
    const client = connect({ url, token })
    const event = client.event(1)
    const say = (...words) => console.log(...words)
    event.addEventListener('change', ({ detail: { availableSeats, live } }) => say('count', availableSeats, live))
    client.addEventListener('status', ({ detail: { state } }) => say('state', state))
    process.on('SIGUSR2', async () => {
      const booking = await client.book(1, { quantity: 3, hold: true })
      say('booked', (await client.confirm(booking.bookingId)).status)
      await client.book(1, { quantity: 900 }).catch((error) => say('refused', error.type))
    })
    for await (const notice of event.notices()) say('notice', notice.type, notice.seq)
    """

  private func pack(into folder: TemporaryFolder) throws -> String {
    let (status, output, error) = try run(SourceTree.root + "/script/pack-client", [folder.path])
    guard status == .exited(0) else { throw TestFailure(error) }
    return String(output.dropLast())
  }

  /// A project that has the package installed.
  private func project() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let package = try pack(into: folder)
    let modules = folder.path + "/node_modules"
    #expect(try run("mkdir", ["-p", modules]).status == .exited(0))
    #expect(try run("tar", ["-xzf", package, "-C", modules]).status == .exited(0))
    #expect(try run("mv", [modules + "/package", modules + "/seatcast-client"]).status == .exited(0))
    try put(Self.program, at: folder.path + "/follow.mjs")
    return folder
  }

  @Test("The package is the same bytes each time, and has what the guide imports")
  func package() throws {
    let (one, two) = (try TemporaryFolder(), try TemporaryFolder())
    let (first, second) = (try pack(into: one), try pack(into: two))
    #expect(first.hasSuffix("/seatcast-client-0.1.0.tgz"))
    #expect(contents(of: first) == contents(of: second))
    let (_, list, _) = try run("tar", ["-tzf", first])
    for file in [
      "package.json", "client.js", "client-more.js", "client-extra.js", "client.d.ts", "README.md", "LICENSE",
    ] {
      #expect(list.contains("package/\(file)\n"))
    }
  }

  @Test("npm installs the package", .enabled(if: hasNPM))
  func npm() throws {
    let folder = try TemporaryFolder()
    let package = try pack(into: folder)
    let (status, _, error) = try run(
      "npm", ["install", "--offline", "--no-audit", "--no-fund", "--prefix", folder.path, package])
    #expect(status == .exited(0), "\(error)")
    try put(
      "import { connect } from 'seatcast-client'; console.log(typeof connect)", at: folder.path + "/try.mjs")
    #expect(try run("node", [folder.path + "/try.mjs"]).output == "function\n")
  }

  private static func nodeFlags(webSockets: Bool) -> [String]? {
    guard webSockets else { return [] }
    let ask = ["--print", "typeof WebSocket"]
    if (try? run("node", ask).output) == "function\n" { return [] }
    let flag = "--experimental-websocket"
    return (try? run("node", [flag] + ask).output) == "function\n" ? [flag] : nil
  }

  @Test(
    "It follows, books and confirms, and resumes after a kill -9, by event stream and by WebSocket",
    arguments: [false, true])
  func follows(webSockets: Bool) throws {
    guard let flags = Self.nodeFlags(webSockets: webSockets) else { return }
    let server = try TestServer()
    let event = try server.event(seats: 50)
    let folder = try project()
    let node = try ChildProcess(
      "node",
      flags + [folder.path + "/follow.mjs", "http://127.0.0.1:\(server.port)", server.mint.token(user: 1)])
    defer { node.signal(SIGKILL) }
    func told(_ line: String) throws {
      try eventually("node says \(line)") { node.standardOutput.contains(line + "\n") }
    }
    try told("count 50 live")
    try server.person(2).book(event, quantity: 2)
    try told("notice booking_created 1")
    try told("count 48 live")
    node.signal(SIGUSR2)
    try told("booked confirmed")
    try told("refused quantity-limit")
    try told("count 45 live")
    try server.server.kill9()
    try told("count 45 stale")
    try server.server.restart(samePort: true)
    try server.person(2).book(event, quantity: 1)
    try told("notice booking_created 3")
    try told("count 44 live")
    #expect(!node.standardOutput.contains("skipped"))
  }
}
