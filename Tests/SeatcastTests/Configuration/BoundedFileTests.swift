import Glibc
import TestSupport
import Testing

@testable import seatcast

@Suite("Bounded files")
struct BoundedFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func complaint(_ path: String, atMost maximum: Int = 1_024, isPlain: Bool = true) -> String? {
    do throws(BoundedFile.Failure) {
      _ = try BoundedFile.read(path, atMost: maximum, isPlain: isPlain)
      return nil
    } catch {
      return error.why
    }
  }

  @Test("A file is read up to its bound, and one byte more is refused")
  func bound() throws {
    let path = folder.path + "/f"
    try put(String(repeating: "x", count: 1_024), at: path)
    #expect(try BoundedFile.read(path, atMost: 1_024).count == 1_024)
    #expect(complaint(path, atMost: 1_023) == "is larger than 0 KiB")
    try put(String(repeating: "x", count: 1_025), at: path)
    #expect(complaint(path) == "is larger than 1 KiB")
  }

  @Test("What is no file is told, without waiting for it or filling the memory")
  func others() throws {
    #expect(complaint(folder.path) == "is a folder")
    #expect(complaint(folder.path + "/none") == "cannot be read: No such file or directory")
    #expect(complaint("/dev/zero") == "is a pipe or a device, not a file")
    #expect(complaint("/dev/zero", isPlain: false) == "is larger than 1 KiB")
    let pipe = folder.path + "/pipe"
    #expect(unsafe mkfifo(pipe, 0o600) == 0)
    #expect(complaint(pipe) == "is a pipe or a device, not a file")
    #expect(complaint(pipe, isPlain: false) == "is a pipe into which nothing writes")
    let writer = unsafe open(pipe, O_RDWR | O_CLOEXEC)
    defer { close(writer) }
    do throws(BoundedFile.Failure) {
      _ = try BoundedFile.read(pipe, atMost: 1_024, patience: 20)
      Issue.record("nothing was written")
    } catch {
      #expect(error.why == "is a pipe or a device that gives nothing")
    }
  }

  @Test("What another program writes into a pipe is read to its end")
  func pipes() throws {
    var ends: [Int32] = [0, 0]
    #expect(unsafe pipe(&ends) == 0)
    defer { close(ends[0]) }
    #expect(unsafe write(ends[1], "secret", 6) == 6)
    close(ends[1])
    #expect(try BoundedFile.read("/proc/self/fd/\(ends[0])", atMost: 1_024) == Array("secret".utf8))
  }

  @Test("A file that may not be read is told", .enabled(if: geteuid() != 0, "root may read everything"))
  func forbidden() throws {
    try put("x", at: folder.path + "/f")
    #expect(unsafe chmod(folder.path + "/f", 0) == 0)
    #expect(complaint(folder.path + "/f") == "cannot be read: Permission denied")
  }
}
