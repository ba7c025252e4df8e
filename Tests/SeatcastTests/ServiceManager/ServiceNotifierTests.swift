import Glibc
import TestSupport
import Testing

@testable import seatcast

@Suite("Service notifier and NotifySocket")
struct ServiceNotifierTests {
  @Test("each message is one datagram of lines, to a path as to an abstract name", arguments: [false, true])
  func messages(isAbstract: Bool) throws {
    let folder = try TemporaryFolder()
    let manager = try NotifySocket(isAbstract ? "@seatcast-\(folder.path)" : folder.path + "/notify")
    let notifier = ServiceNotifier(address: manager.address)
    notifier.ready("Serving\nREADY=0")
    #expect(manager.next() == ["READY=1", #"STATUS=Serving\nREADY=0"#])
    notifier.stopping("Stopping")
    #expect(manager.next() == ["STOPPING=1", "STATUS=Stopping"])
    notifier.tell("Busy")
    #expect(manager.next() == ["STATUS=Busy"])
    notifier.feedWatchdog()
    #expect(manager.next() == ["WATCHDOG=1"])
  }

  @Test("a reload carries the moment at which it began")
  func reload() throws {
    let folder = try TemporaryFolder()
    let manager = try NotifySocket(folder.path + "/notify")
    var before = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &before)
    ServiceNotifier(address: manager.address).reloading("Reading")
    let lines = try #require(manager.next())
    #expect(lines.first == "RELOADING=1")
    #expect(lines.last == "STATUS=Reading")
    let microseconds = try #require(
      lines.dropFirst().first.flatMap { Int($0.dropFirst("MONOTONIC_USEC=".count)) })
    #expect(lines[1].hasPrefix("MONOTONIC_USEC="))
    #expect(microseconds >= before.tv_sec * 1_000_000)
    #expect(microseconds < before.tv_sec * 1_000_000 + 60_000_000)
  }

  @Test("without a manager, or with one that is gone, nothing happens")
  func nobody() {
    ServiceNotifier(address: nil).ready("Serving")
    ServiceNotifier(address: NotifyAddress("/nowhere/notify")).ready("Serving")
  }

  @Test("a manager that keeps sockets gets them, and is told when it need not; another process is named")
  func kept() throws {
    let folder = try TemporaryFolder()
    let manager = try NotifySocket(folder.path + "/notify")
    let notifier = ServiceNotifier(address: manager.address)
    var ends: [Int32] = [-1, -1]
    try #require(unsafe pipe(&ends) == 0)
    notifier.keep([ends[1]])
    close(ends[1])
    // The datagram holds the descriptor until it is taken.
    var entry = pollfd(fd: ends[0], events: 0, revents: 0)
    #expect(unsafe poll(&entry, 1, 0) == 0)
    #expect(manager.next() == ["FDSTORE=1", "FDNAME=seatcast"])
    #expect(unsafe poll(&entry, 1, 5_000) == 1, "the test takes no descriptors, so it is closed")
    close(ends[0])
    notifier.forgetKept()
    #expect(manager.next() == ["FDSTOREREMOVE=1", "FDNAME=seatcast"])
    notifier.hand(to: 77)
    #expect(manager.next() == ["MAINPID=77", "STATUS=Handed over to process 77"])
  }
}
