import CUVShim
import Glibc
import Testing

@Suite struct SenderUringTests {
  @Test("a ring made on one thread sends from another")
  func sendsFromAnotherThread() throws {
    guard let sender = Sender(kind: Int(CUV_SENDER_URING)) else { return }
    let pair = try socketPair()
    let lent = Lent(sender: sender)
    let thread = try TestThread(name: "sending") {
      for _ in 0..<3 { #expect(lent.sender.send(Array("ring ".utf8), to: [pair.0]).isEmpty) }
    }
    thread.join()
    #expect(receiveText(from: pair.1) == "ring ring ring ")
    close(pair.0)
    close(pair.1)
  }

  @Test("a ring goes round many times, with exceptions in every portion, in order")
  func goesRound() throws {
    guard let sender = Sender(kind: Int(CUV_SENDER_URING)) else { return }
    // A socket pair of this machine holds only some 270 messages: the portions go to seven of them.
    let pairs = try (0..<7).map { _ in try socketPair() }
    let descriptors = (0..<700).map { $0 % 100 == 0 ? -1 : pairs[$0 / 100].0 }
    for _ in 0..<20 {
      let exceptions = sender.send([0x2e], to: descriptors)
      #expect(exceptions == (0..<7).map { Exception(index: $0 * 100, result: -EBADF) })
      #expect(pairs.allSatisfy { receiveText(from: $0.1)?.utf8.count == 99 })
    }
    for pair in pairs {
      close(pair.0)
      close(pair.1)
    }
  }
}

/// Handed to one other thread, which is the only one that uses it meanwhile.
private final class Lent: @unchecked Sendable {
  let sender: Sender
  init(sender: Sender) { self.sender = sender }
}
