// Each in a process of its own: descriptors and signal dispositions belong to a process.
import Glibc
import TestSupport
import Testing

@testable import seatcast

@Suite("Process setup")
struct ProcessSetupTests {
  @Test("A standard descriptor that is closed becomes the null device, the others stay", arguments: 0...2)
  func descriptors(_ missing: Int32) async {
    await #expect(processExitsWith: .exitCode(0)) { [missing] in
      var null = stat()
      _ = unsafe stat("/dev/null", &null)
      // Another thread of the test process may open a file between the two calls and get the number.
      for _ in 0..<100 {
        close(missing)
        ProcessSetup.openMissingStandardDescriptors()
        var status = stat()
        _ = unsafe fstat(missing, &status)
        if status.st_rdev == null.st_rdev, dup(missing) > 2 { exit(0) }
      }
      exit(1)
    }
  }

  @Test("All three closed")
  func allDescriptors() async {
    await #expect(processExitsWith: .exitCode(0)) {
      for descriptor: Int32 in 0...2 { close(descriptor) }
      ProcessSetup.openMissingStandardDescriptors()
      exit(fcntl(0, F_GETFD) >= 0 && fcntl(1, F_GETFD) >= 0 && fcntl(2, F_GETFD) >= 0 ? 0 : 1)
    }
  }

  @Test("A closed pipe and a file at its size limit are failed writes")
  func writeSignals() async {
    await #expect(processExitsWith: .exitCode(0)) {
      ProcessSetup.ignoreWriteSignals()
      pthread_kill(pthread_self(), SIGPIPE)
      pthread_kill(pthread_self(), SIGXFSZ)
      exit(0)
    }
  }

  @Test("The arguments are those of the process, without its name")
  func arguments() throws {
    let program = try ServerProcess.executable()
    #expect(try run(program, ["version"]).output == Version.line + "\n")
    #expect(try run(program, []).status == .exited(64))
  }

  @Test("They do not depend on where the environment is")
  func movedEnvironment() throws {
    // Many variables put the environment far away from the arguments on the first stack page.
    let many = Dictionary(uniqueKeysWithValues: (0..<2_000).map { ("FILLER_\($0)", "x") })
    #expect(try run(ServerProcess.executable(), ["version"], environment: many).status == .exited(0))
  }
}
