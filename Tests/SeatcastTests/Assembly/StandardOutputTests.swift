import Glibc
import Testing

@testable import seatcast

@Suite("Standard output")
struct StandardOutputTests {
  @Test("What is written is there at once, on the stream it is meant for")
  func streams() async throws {
    let result = try #require(
      await #expect(
        processExitsWith: .exitCode(0), observing: [\.standardOutputContent, \.standardErrorContent]
      ) {
        StandardOutput.write("ready\n")
        StandardError.write("sorry\n")
        _exit(0)  // nothing is left to be flushed
      })
    #expect(String(decoding: result.standardOutputContent, as: UTF8.self).contains("ready\n"))
    #expect(String(decoding: result.standardErrorContent, as: UTF8.self).contains("sorry\n"))
  }

  @Test("A reader that is gone is nobody's end")
  func closed() async {
    await #expect(processExitsWith: .exitCode(0)) {
      close(STDOUT_FILENO)
      StandardOutput.write("nobody hears this\n")
      exit(0)
    }
  }
}
