// Arguments, standard descriptors and signal dispositions. Main thread, before the first thread starts.
import CProcess
import Glibc

enum ProcessSetup {
  /// The arguments without the program's own name. Bytes that are not UTF-8 are repaired, as in file names.
  static var arguments: [String] {
    (1..<max(1, process_argument_count())).compactMap { index in
      unsafe process_argument(index).map { unsafe String(cString: $0) }
    }
  }

  /// Opens `/dev/null` in place of each standard descriptor that the parent closed. Without this the first socket or
  /// database would take number 0, 1 or 2, and log lines would be written into it.
  static func openMissingStandardDescriptors() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
      // The lowest free number is this one, because those below are open by now.
      _ = unsafe open("/dev/null", O_RDWR)
    }
  }

  /// Writing to a closed pipe, or beyond the file size limit (RLIMIT_FSIZE), then fails with EPIPE or EFBIG instead of
  /// ending the process.
  static func ignoreWriteSignals() {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
  }
}
