// A terminal that a test types on: a pair of pseudo-terminal ends (pty(7)), of which a child gets one. One thread at a time.
import Glibc

public final class PseudoTerminal {
  /// The file to be a child's standard input.
  public let path: String
  private let keyboard: Int32
  /// Open as long as the terminal is, so that its settings outlive the child.
  private let line: Int32

  public init() throws {
    // What posix_openpt(3), unlockpt(3) and ptsname(3) do; the module has none of them.
    keyboard = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)
    var (isLocked, number): (Int32, UInt32) = (0, 0)
    guard keyboard >= 0, unsafe ioctl(keyboard, Self.setLock, &isLocked) == 0,
      unsafe ioctl(keyboard, Self.getNumber, &number) == 0
    else { throw TestFailure("no pseudo-terminal: errno \(errno)") }
    path = "/dev/pts/\(number)"
    line = unsafe open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard line >= 0 else { throw TestFailure("\(path) does not open: errno \(errno)") }
  }

  /// TIOCSPTLCK and TIOCGPTN of ioctl_tty(2).
  private static let (setLock, getNumber): (UInt, UInt) = (0x4004_5431, 0x8004_5430)

  deinit {
    close(line)
    close(keyboard)
  }

  /// Whether it shows what is typed.
  public var echoes: Bool {
    var settings = termios()
    return unsafe tcgetattr(line, &settings) == 0 && settings.c_lflag & tcflag_t(ECHO) != 0
  }

  public func type(_ text: String) throws {
    let bytes = Array(text.utf8)
    guard unsafe write(keyboard, bytes, bytes.count) == bytes.count else {
      throw TestFailure("the pseudo-terminal takes no input: errno \(errno)")
    }
  }

  /// What it has shown since the last call.
  public func shown() -> String {
    var buffer = [UInt8](repeating: 0, count: 16_384)
    let count = unsafe read(keyboard, &buffer, buffer.count)
    return String(decoding: buffer[..<max(0, count)], as: UTF8.self)
  }
}
