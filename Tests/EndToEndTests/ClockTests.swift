// A server whose wall clock somebody sets: a small library, loaded before the server's own, shifts CLOCK_REALTIME by what a
// file says. docs/decisions/0012-three-kinds-of-time.md.
import Glibc
import TestSupport
import Testing

@Suite("Clocks", .timeLimit(.minutes(30)))
struct ClockTests {
  /// Compiled once per test; the first eight bytes of the file are seconds.
  private static let shift = """
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <fcntl.h>
    #include <stdlib.h>
    #include <sys/mman.h>
    #include <time.h>
    static volatile long long *shift;
    __attribute__((constructor)) static void start(void) {
      int file = open(getenv("TEST_CLOCK_SHIFT"), O_RDONLY | O_CLOEXEC);
      void *page = mmap(0, 8, PROT_READ, MAP_SHARED, file, 0);
      if (page != MAP_FAILED) shift = page;
    }
    int clock_gettime(clockid_t id, struct timespec *out) {
      static int (*real)(clockid_t, struct timespec *);
      if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
      int code = real(id, out);
      if (id == CLOCK_REALTIME && shift) out->tv_sec += *shift;
      return code;
    }
    """

  private let folder: TemporaryFolder
  private let server: TestServer

  init() throws {
    folder = try TemporaryFolder()
    try Self.write(Array(Self.shift.utf8), to: folder.path + "/shift.c")
    try Self.write(Array(repeating: 0, count: 8), to: folder.path + "/seconds")
    let library = folder.path + "/shift.so"
    let made = try run("cc", ["-shared", "-fPIC", "-o", library, folder.path + "/shift.c", "-ldl"])
    guard made.status == .exited(0) else { throw TestFailure("no library: \(made.error)") }
    var options = ServerOptions()
    options.environment = [
      "LD_PRELOAD": library, "TEST_CLOCK_SHIFT": folder.path + "/seconds",
      "ASAN_OPTIONS": (environmentVariable("ASAN_OPTIONS") ?? "") + ":verify_asan_link_order=0",
    ]
    server = try TestServer(options)
  }

  private static func write(_ bytes: [UInt8], to path: String) throws {
    let file = unsafe open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    defer { close(file) }
    let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
    guard count == bytes.count else { throw TestFailure("cannot write \(path): errno \(errno)") }
  }

  /// The server's wall clock is ahead by so many seconds from now on.
  private func shiftClock(by seconds: Int64) throws {
    let word = UInt64(bitPattern: seconds)
    try Self.write(
      (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }, to: folder.path + "/seconds")
  }

  /// ISO 8601, so many seconds from now.
  @Test("fifty minutes ahead for a second open nothing afterwards, not even after a restart")
  func windows() throws {
    let event = try server.event(seats: 10, ["opensAt": .string(try utc(in: 1_800))])
    let other = try server.event(seats: 10)
    let buyer = server.person(1)
    #expect(try buyer.tryToBook(event).text.contains("not-open-yet"))
    try shiftClock(by: 3_000)
    let (socket, _) = try server.watch(other)
    try buyer.book(other)
    #expect(try buyer.tryToBook(event, quantity: 99).text.contains("quantity-limit"))
    try shiftClock(by: 0)
    let first = server.server.process
    for _ in 0..<2 {
      let answer = try server.person(1).tryToBook(event)
      #expect(answer.status == 409)
      #expect(answer.text.contains("not-open-yet"))
      #expect(try server.server.terminate() == .exited(0))
      try server.server.restart()
    }
    try first.waitForOutput()
    for way in ["forward", "back"] {
      #expect(first.standardError.contains("the wall clock was set \(way)"))
    }
    socket.drop()
  }

  @Test("a key of before a jump of three days is known two seconds after, and after the jump back")
  func keys() throws {
    let event = try server.event(seats: 10)
    let buyer = server.server.client(token: server.mint.token(user: 1, lifetime: 30 * 86_400))
    let first = try buyer.book(event, key: "once").word("bookingId")
    for days in [3, -3, 0] as [Int64] {
      try shiftClock(by: days * 86_400)
      pause(milliseconds: 2_000)
      #expect(try buyer.book(event, key: "once").word("bookingId") == first)
    }
    #expect(try buyer.get("/api/events/\(event)").json().number("availableSeats") == 9)
    #expect(try server.metric("seatcast_clock_steps_total") >= 3)
  }
}
