// The configuration as a whole process has it: a file, variables and flags together, and the commands about them.
import Glibc
import TestSupport
import Testing

@Suite("Configuration of a process", .timeLimit(.minutes(30)))
struct ConfigurationEndToEndTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private var file: String { folder.path + "/seatcast.conf" }

  private func command(
    _ arguments: String..., environment: [String: String] = [:]
  ) throws -> (status: TestSupport.ExitStatus, output: String, error: String) {
    try run(ServerProcess.executable(), arguments, environment: environment)
  }

  @Test("a server takes settings from a file, from variables before it, and from flags before them")
  func precedence() throws {
    try put("host = ::1\nlog = json\nregistration = off\n", at: file)
    var options = ServerOptions()
    options.arguments = ["--config", file, "--host", "127.0.0.1"]
    options.environment = ["SEATCAST_LOG": "text"]
    let server = try ServerProcess(options)
    let person: JSON = ["email": "x@example.test", "password": "long enough", "name": "X"]
    #expect(try server.client().request("POST", "/api/auth/register", json: person).status == 403)
    #expect(try server.terminate() == .exited(0))
    #expect(!server.process.standardError.contains("{\"time\""))
    #expect(server.process.standardOutput.contains("http://127.0.0.1:"))
  }

  @Test("a file with a fault keeps the server from starting, and 'config check' tells all of them")
  func faults() throws {
    try put("prot = 1\nport = x\n", at: file)
    let refused = try command("serve", "--config", file)
    #expect(refused.status == .exited(64))
    #expect(
      refused.error == "seatcast: \(file):1: There is no setting 'prot'. Did you mean 'port'?\n")
    let checked = try command("config", "check", file)
    #expect(checked.status == .exited(64) && checked.output == "")
    #expect(checked.error.split(separator: "\n").count == 2)
    #expect(checked.error.contains("port (\(file):2) must be a number from 0 to 65535, not 'x'."))
  }

  @Test("'config default' prints a file that 'config check' finds valid")
  func template() throws {
    let printed = try command("config", "default")
    #expect(printed.status == .exited(0))
    try put(printed.output, at: file)
    let checked = try command(
      "config", "check", environment: ["SEATCAST_CONFIG": file, "SEATCAST_DATA": folder.path + "/data"])
    #expect(checked.error == "" && checked.status == .exited(0))
    #expect(checked.output == "The configuration is valid; 1 setting is set.\n")
  }

  @Test("'config print' shows sources and no secrets, and complains about what is wrong")
  func printing() throws {
    try put("port = 70000\n", at: file)
    let environment = ["SEATCAST_JWT_SECRET": ServerProcess.secret]
    let printed = try command("config", "print", "--config", file, environment: environment)
    #expect(printed.status == .exited(64))
    #expect(printed.output.contains("port = 70000") && printed.output.contains("# \(file):1"))
    #expect(printed.output.contains("(secret)") && !printed.output.contains(ServerProcess.secret))
    #expect(printed.error.contains("must be a number from 0 to 65535"))
  }

  @Test("the service manager's credentials are taken, and commands of administration find the data folder")
  func credentials() throws {
    try put(ServerProcess.secret, at: folder.path + "/jwt-secret")
    try put("data = \(folder.path)/data\n", at: file)
    var options = ServerOptions()
    options.arguments = ["--config", file]
    options.environment = ["SEATCAST_JWT_SECRET": "", "CREDENTIALS_DIRECTORY": folder.path]
    let server = try ServerProcess(options)
    #expect(try server.client(token: server.mint.token(user: 5)).get("/api/bookings").status == 200)
    #expect(try server.terminate() == .exited(0))
    let listed = try command("event", "list", environment: ["SEATCAST_CONFIG": file])
    #expect(listed.status == .exited(0) || listed.error.contains(folder.path), "\(listed.error)")
  }

  @Test(
    "SIGHUP takes over what can change, names what needs a restart, and leaves everything for a file with a fault"
  )
  func reload() throws {
    try put("log = text\nregistration = off\nlimits = register-address=1/h\n", at: file)
    var options = ServerOptions()
    options.rateLimits = "on"
    options.arguments = ["--config", file]
    let server = try ServerProcess(options)
    var people = 0
    func register() throws -> Int {
      people += 1
      let person: JSON = [
        "email": .string("p\(people)@example.test"), "password": "long enough", "name": "P",
      ]
      return try server.client().request("POST", "/api/auth/register", json: person).status
    }
    func allows(_ origin: String) throws -> Bool {
      let answer = try server.client().get("/api/events", fields: [("Origin", origin)])
      return answer.field("Access-Control-Allow-Origin") == origin
    }
    /// Writes the file anew, and waits for the line that the log has then.
    func hangUp(_ text: String, _ line: String) throws {
      let before = server.process.standardError.count
      try put(text, at: file)
      server.process.signal(SIGHUP)
      try eventually("the log says \(line)") { server.process.standardError.dropFirst(before).contains(line) }
    }
    #expect(try register() == 403)
    #expect(try server.client().get("/livez").field("Vary") == nil)

    try hangUp(
      "log = text\nlimits = register-address=1/h\norigins = https://shop.example\nwatch = public\n",
      "read again changed=\"registration, origins\"")
    #expect(
      server.process.standardError.contains(
        "a setting was changed and needs a restart setting=watch now=authenticated afterwards=public"))
    #expect(try [register(), register()] == [201, 429])
    #expect(try allows("https://shop.example") && !allows("https://other.example"))
    try eventually("every loop says so") { try server.client().get("/livez").field("Vary") == "Origin" }

    try hangUp("limits = register-address=off\nlog = json\n", "\"changed\":\"origins, limits, log\"")
    #expect(try [register(), register()] == [201, 201])
    #expect(try !allows("https://shop.example"))

    try hangUp(
      "limits = register-address=1/h\nprot = 1\n",
      "the configuration cannot be read again; nothing has changed")
    #expect(try [register(), register()] == [201, 201])
    #expect(try server.terminate() == .exited(0))
  }
}
