import Testing

@testable import FanoutCore

/// Counts how many live, to see that a mailbox frees what it holds.
private final class Counted: Sendable {
  private let onEnd: @Sendable () -> Void
  init(onEnd: @escaping @Sendable () -> Void) { self.onEnd = onEnd }
  deinit { onEnd() }
}

@Suite("Mailbox")
struct MailboxTests {
  @Test("Elements come out in the order in which they went in, over many rounds")
  func order() {
    let mailbox = Mailbox<Int>(capacity: 4)
    #expect(mailbox.isEmpty && mailbox.take() == nil)
    for round in 0..<100 {
      for number in 0..<3 { #expect(mailbox.offer(round * 3 + number)) }
      #expect(!mailbox.isEmpty)
      for number in 0..<3 { #expect(mailbox.take() == round * 3 + number) }
      #expect(mailbox.isEmpty && mailbox.take() == nil)
    }
  }

  @Test("A full mailbox refuses, and takes again after one was taken")
  func full() {
    let mailbox = Mailbox<Int>(capacity: 2)
    #expect(mailbox.offer(1) && mailbox.offer(2))
    #expect(!mailbox.offer(3))
    #expect(mailbox.take() == 1)
    #expect(mailbox.offer(4) && !mailbox.offer(5))
    #expect(mailbox.take() == 2)
    #expect(mailbox.take() == 4)
    #expect(mailbox.take() == nil)
  }

  @Test("What is taken is given up, and what is left is freed with the mailbox")
  func ownership() {
    let ended = Mailbox<Int>(capacity: 16)
    var mailbox: Mailbox<Counted>? = Mailbox(capacity: 8)
    for number in 0..<5 { #expect(mailbox?.offer(Counted { _ = ended.offer(number) }) == true) }
    _ = mailbox?.take()
    #expect(ended.take() == 0, "a cell does not keep what was taken")
    #expect(ended.isEmpty)
    mailbox = nil
    #expect((1...4).allSatisfy { ended.take() == $0 })
  }

  @Test("Several producers: each one's elements arrive in order, and none is lost or doubled")
  func producers() async {
    let (count, each) = (4, 20_000)
    let mailbox = Mailbox<(producer: Int, number: Int)>(capacity: 64)
    await withTaskGroup(of: Void.self) { group in
      for producer in 0..<count {
        group.addTask {
          for number in 0..<each {
            while !mailbox.offer((producer, number)) { await Task.yield() }
          }
        }
      }
      group.addTask {
        var expected = [Int](repeating: 0, count: count)
        var (taken, wrong) = (0, 0)
        while taken < count * each {
          guard let (producer, number) = mailbox.take() else {
            await Task.yield()
            continue
          }
          if number != expected[producer] { wrong += 1 }
          expected[producer] = number + 1
          taken += 1
        }
        #expect(wrong == 0)
        #expect(expected == [Int](repeating: each, count: count))
        #expect(mailbox.isEmpty)
      }
    }
  }

  @Test("References travel between threads with what they refer to")
  func references() async {
    final class Box: Sendable {
      let values: [Int]
      init(_ number: Int) { values = [number, number * 2] }
    }
    let mailbox = Mailbox<Box>(capacity: 8)
    async let sum: Int = {
      var (sum, taken) = (0, 0)
      while taken < 5_000 {
        guard let box = mailbox.take() else {
          await Task.yield()
          continue
        }
        sum += box.values[1] - box.values[0]
        taken += 1
      }
      return sum
    }()
    for number in 0..<5_000 {
      while !mailbox.offer(Box(number)) { await Task.yield() }
    }
    #expect(await sum == (0..<5_000).reduce(0, +))
  }
}
