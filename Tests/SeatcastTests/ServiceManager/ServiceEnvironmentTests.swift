import Testing

@testable import seatcast

@Suite("Service environment")
struct ServiceEnvironmentTests {
  private func read(_ environment: [String: String]) throws -> ServiceEnvironment {
    try ServiceEnvironment(environment, process: 42)
  }

  @Test("without a manager there is nothing")
  func empty() throws {
    #expect(try read([:]) == ServiceEnvironment())
    #expect(try read(["NOTIFY_SOCKET": "", "LISTEN_FDS": "", "WATCHDOG_USEC": ""]) == ServiceEnvironment())
  }

  @Test("address, sockets and watchdog are taken when they are for this process")
  func taken() throws {
    let service = try read([
      "NOTIFY_SOCKET": "/run/notify", "LISTEN_FDS": "2", "LISTEN_PID": "42", "WATCHDOG_USEC": "30000000",
      "WATCHDOG_PID": "42",
    ])
    #expect(service.notifyAddress?.text == "/run/notify")
    #expect(service.sockets == 2)
    #expect(service.watchdogMicroseconds == 30_000_000)
    #expect(service.warnings.isEmpty)
    #expect(try read(["WATCHDOG_USEC": "5"]).watchdogMicroseconds == 5)
  }

  @Test("what is for another process is left alone, and lost sockets are told")
  func others() throws {
    let service = try read([
      "LISTEN_FDS": "1", "LISTEN_PID": "7", "WATCHDOG_USEC": "1000", "WATCHDOG_PID": "7",
    ])
    #expect(service.sockets == 0)
    #expect(service.watchdogMicroseconds == nil)
    #expect(service.warnings.count == 1)
    #expect(service.warnings[0].contains("LISTEN_FDS is for process 7, and this one is 42"))
    #expect(try read(["LISTEN_FDS": "1"]).warnings.count == 1)
  }

  @Test(
    "values that cannot be are sentences with the variable's name",
    arguments: [
      ("NOTIFY_SOCKET", "relative"), ("NOTIFY_SOCKET", "vsock:2:1"), ("NOTIFY_SOCKET", "/"),
      ("NOTIFY_SOCKET", "/" + String(repeating: "x", count: 107)), ("LISTEN_FDS", "-1"),
      ("LISTEN_FDS", "many"), ("LISTEN_FDS", "1025"), ("WATCHDOG_USEC", "0"), ("WATCHDOG_USEC", "soon"),
    ])
  func refused(name: String, value: String) {
    #expect {
      try read([name: value, "LISTEN_PID": "42"])
    } throws: { error in
      "\(error)".hasPrefix(name + " must be ")
    }
  }

  @Test("the names of sockets and the room for kept ones are taken")
  func kept() throws {
    let service = try read([
      "LISTEN_FDS": "2", "LISTEN_PID": "42", "LISTEN_FDNAMES": "seatcast:seatcast", "FDSTORE": "64",
    ])
    #expect(service.socketNames == ["seatcast", "seatcast"])
    #expect(service.socketsAreKept && service.storeRoom == 64)
    let other = try read([
      "LISTEN_FDS": "2", "LISTEN_PID": "42", "LISTEN_FDNAMES": "seatcast:seatcast.socket",
    ])
    #expect(!other.socketsAreKept && other.storeRoom == 0)
    #expect(try !read(["FDSTORE": "-1"]).socketsAreKept)
  }
}
