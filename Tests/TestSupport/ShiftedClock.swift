// A wall clock that a test sets for one program: a small library, loaded before the program's own, shifts CLOCK_REALTIME by what a
// file says. docs/decisions/0012-three-kinds-of-time.md.
import Glibc

/// The clock of whatever is started with its environment. Any thread.
public final class ShiftedClock: Sendable {
  /// The first eight bytes of the file are seconds.
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

  /// Compiles the library. - Parameter seconds: the shift at first.
  public init(ahead seconds: Int64 = 0) throws {
    folder = try TemporaryFolder()
    try put(Self.shift, at: folder.path + "/shift.c")
    let made = try run(
      "cc", ["-shared", "-fPIC", "-o", folder.path + "/shift.so", folder.path + "/shift.c", "-ldl"])
    guard made.status == .exited(0) else { throw TestFailure("no library: \(made.error)") }
    try set(ahead: seconds)
  }

  public var environment: [String: String] {
    [
      "LD_PRELOAD": folder.path + "/shift.so", "TEST_CLOCK_SHIFT": folder.path + "/seconds",
      "ASAN_OPTIONS": (environmentVariable("ASAN_OPTIONS") ?? "") + ":verify_asan_link_order=0",
    ]
  }

  /// The clock is ahead by so many seconds from now on. The file stays the same, as programs have mapped it.
  public func set(ahead seconds: Int64) throws {
    let file = unsafe open(folder.path + "/seconds", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    defer { close(file) }
    var word = seconds
    let count = unsafe withUnsafeBytes(of: &word) { unsafe write(file, $0.baseAddress, $0.count) }
    guard count == 8 else { throw TestFailure("the clock cannot be set: errno \(errno)") }
  }
}
