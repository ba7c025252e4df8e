// A headless Chromium of its own for one test, commanded over the DevTools protocol
// (https://chromedevtools.github.io/devtools-protocol/) without a port: on its descriptors 3 and 4
// (--remote-debugging-pipe), as JSON messages that end with a zero byte.
// It reaches loopback addresses only. One thread at a time.
import Glibc
import TestSupport

final class Chromium {
  private let profile: TemporaryFolder
  private let process: pid_t
  /// Our end of the pair of sockets.
  private let wire: Int32
  private var received: [UInt8] = []
  private var lastCommand = 0
  /// What the pages had to complain about: uncaught exceptions and what the content policy stopped.
  private(set) var complaints: [String] = []

  /// The browser's program, nil when this machine has none.
  static let program = Programs.path(of: "chromium", "chromium-browser")

  init() throws {
    guard let program = Chromium.program else { throw TestFailure("no chromium on PATH") }
    let profile = try TemporaryFolder()
    var ends: [Int32] = [0, 0]
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
      throw TestFailure("no sockets: errno \(errno)")
    }
    defer { close(ends[1]) }
    let arguments = [
      program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync",
      "--disable-background-timer-throttling", "--disable-renderer-backgrounding",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
      "--user-data-dir=\(profile.path)", "--remote-debugging-pipe", "about:blank",
    ]
    process = try spawn(arguments, lending: [(ends[1], 3), (ends[1], 4)])
    (self.profile, wire) = (profile, ends[0])
  }

  /// Asks the browser to close, waits, and kills it (this one only) when it does not.
  deinit {
    try? send(#"{"id":0,"method":"Browser.close"}"#)
    let deadline = Deadline(.seconds(10))
    var status: Int32 = 0
    while unsafe waitpid(process, &status, WNOHANG) == 0 {
      if deadline.hasPassed { kill(process, SIGKILL) }
      pause(milliseconds: 20)
    }
    close(wire)
  }

  /// A new page with cookies and storage of its own, as on another person's machine.
  /// - Parameter script: runs before the page's own scripts.
  func openPage(_ address: String, script: String? = nil) throws -> BrowserPage {
    let context = try command("Target.createBrowserContext")["browserContextId"] ?? .null
    let created = try command("Target.createTarget", ["url": "about:blank", "browserContextId": context])
    let page = try attach(to: created["targetId"] ?? .null, in: context)
    if let script {
      let source: JSON = ["source": .string(script)]
      _ = try command("Page.addScriptToEvaluateOnNewDocument", source, session: page.session)
    }
    try page.open(address)
    return page
  }

  /// The tab that was opened from `page`.
  func tabOpened(from page: BrowserPage) throws -> BrowserPage {
    var found: JSON?
    try eventually("another tab") {
      let targets = try command("Target.getTargets")["targetInfos"]?.array ?? []
      found = targets.first { target in
        target["browserContextId"]?.string == page.context.string && target["type"]?.string == "page"
          && target["targetId"]?.string != page.target.string
      }
      return found != nil
    }
    return try attach(to: found?["targetId"] ?? .null, in: page.context)
  }

  private func attach(to target: JSON, in context: JSON) throws -> BrowserPage {
    let attached = try command("Target.attachToTarget", ["targetId": target, "flatten": true])
    guard let session = attached["sessionId"]?.string else { throw TestFailure("no session: \(attached)") }
    for domain in ["Runtime", "Log", "Page"] { _ = try command("\(domain).enable", session: session) }
    return BrowserPage(browser: self, session: session, context: context, target: target)
  }

  /// Sends one command and waits for its answer; events that come in between are read for complaints.
  func command(_ method: String, _ parameters: JSON = [:], session: String? = nil) throws -> JSON {
    lastCommand += 1
    var message: [String: JSON] = [
      "id": .integer(lastCommand), "method": .string(method), "params": parameters,
    ]
    if let session { message["sessionId"] = .string(session) }
    try send(JSON.object(message).text)
    let deadline = Deadline(usualPatience)
    while true {
      let answer = try nextMessage(until: deadline)
      guard answer["id"]?.integer == lastCommand else {
        note(answer)
        continue
      }
      if let error = answer["error"] { throw TestFailure("\(method): \(error.text)") }
      return answer["result"] ?? .null
    }
  }

  private func note(_ event: JSON) {
    switch event["method"]?.string {
    case "Runtime.exceptionThrown": complaints.append(event["params"]?.text ?? "an exception")
    case "Log.entryAdded":
      let entry = event["params"]?["entry"]
      if entry?["source"]?.string == "security" { complaints.append(entry?["text"]?.string ?? "refused") }
    default: break
    }
  }

  private func send(_ text: String) throws {
    var rest = (Array(text.utf8) + [0])[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes {
        unsafe Glibc.send(wire, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw TestFailure("the browser takes no commands: errno \(errno)") }
      rest = rest.dropFirst(count)
    }
  }

  private func nextMessage(until deadline: Deadline) throws -> JSON {
    while true {
      if let end = received.firstIndex(of: 0) {
        let message = Array(received[..<end])
        received.removeSubrange(...end)
        return try JSON(parsing: message)
      }
      var entry = pollfd(fd: wire, events: Int16(POLLIN), revents: 0)
      let ready = unsafe poll(&entry, 1, deadline.milliseconds)
      if ready < 0, errno == EINTR { continue }
      guard ready > 0 else { throw TestFailure("the browser does not answer") }
      var piece = [UInt8](repeating: 0, count: 65_536)
      let count = unsafe read(wire, &piece, piece.count)
      guard count > 0 else { throw TestFailure("the browser is gone") }
      received += piece[..<count]
    }
  }
}

/// Starts a program, silent, with some descriptors under the numbers it expects.
/// - Parameter lending: descriptors of this process and their numbers there.
func spawn(_ arguments: [String], lending: [(here: Int32, there: Int32)] = []) throws -> pid_t {
  var actions = unsafe posix_spawn_file_actions_t()
  unsafe posix_spawn_file_actions_init(&actions)
  defer { unsafe posix_spawn_file_actions_destroy(&actions) }
  for number in [Int32(0), 1, 2] {
    unsafe posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_RDWR, 0)
  }
  // By way of high numbers: one of the descriptors may itself be 3 or 4.
  for (here, there) in lending { unsafe posix_spawn_file_actions_adddup2(&actions, here, there + 900) }
  for (_, there) in lending {
    unsafe posix_spawn_file_actions_adddup2(&actions, there + 900, there)
    unsafe posix_spawn_file_actions_addclose(&actions, there + 900)
  }
  let words = unsafe arguments.map { unsafe strdup($0) } + [nil]
  defer { unsafe words.forEach { unsafe free($0) } }
  var child: pid_t = 0
  let failure = unsafe posix_spawnp(&child, arguments[0], &actions, nil, words, environ)
  guard failure == 0 else { throw TestFailure("cannot start \(arguments[0]): error \(failure)") }
  return child
}
