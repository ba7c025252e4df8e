import Testing

@testable import seatcast

@Suite("Memory of the process")
struct ProcessMemoryTests {
  @Test("The kernel's words are read in pages")
  func reads() {
    let memory = ProcessMemory(statm: Array("5000 300 100 20 0 900 0\n".utf8), page: 4096)
    #expect(memory == ProcessMemory(resident: 300 * 4096, anonymous: 200 * 4096))
  }

  @Test("What cannot be read is nothing", arguments: ["", "5000", "5000 300", "a b c"])
  func unreadable(text: String) {
    #expect(ProcessMemory(statm: Array(text.utf8), page: 4096) == ProcessMemory(resident: 0, anonymous: 0))
  }

  @Test("This process has memory, most of it without a file behind it or not, but never more than all")
  func now() {
    let memory = ProcessMemory.now
    #expect(memory.anonymous > 0)
    #expect(memory.resident >= memory.anonymous)
  }
}
