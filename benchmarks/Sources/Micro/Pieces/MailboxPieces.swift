// The way to a loop: parcels through the lock-free mailbox, without the doorbell (libuv's wake-up is the system's).
// The consumer checks that each producer's parcels come in its order, none missing, none twice.
import Glibc

@testable import FanoutCore

enum MailboxPieces {
  static var all: [Piece] {
    [
      Piece("mailbox_one_thread", "a parcel posted and taken", checksum: 1, run: onOneThread),
      Piece("mailbox_one_producer", "a parcel between two threads", checksum: 1) {
        handOff($0, producers: 1)
      },
      Piece("mailbox_four_producers", "a parcel from four threads", checksum: 1) {
        handOff($0, producers: 4)
      },
    ]
  }

  /// A loop that never sleeps needs no bell.
  private struct Silence: LoopWaker {
    func ring() {}
  }

  private static func proxy() -> LoopProxy {
    LoopProxy(id: LoopID(0), capacity: Limits().mailboxParcels, waker: Silence())
  }

  /// Each producer posts these round and round; `first` says which, `topic` whose.
  private static func parcels(of producer: Int) -> [Parcel] {
    (0..<256).map { number in
      let updates = TopicUpdate(
        topic: TopicID(Int64(producer)), notices: [Notice(seq: UInt64(number), text: Samples.noticeText)],
        summary: Samples.summary)
      return .updates([FrameRun(updates)])
    }
  }

  private static func onOneThread(_ count: Int) -> UInt64 {
    let (proxy, parcels) = (proxy(), parcels(of: 0))
    var order = Order(producers: 1)
    var sum: UInt64 = 0
    for index in 0..<count {
      proxy.post(parcels[index & 255])
      if let parcel = proxy.take(), order.follows(parcel) { sum &+= 1 }
    }
    return sum
  }

  /// The calling thread takes what the producers' threads post, from their start to their end.
  private static func handOff(_ count: Int, producers: Int) -> UInt64 {
    let proxy = proxy()
    let threads = (0..<producers).map { number in
      let share = count / producers + (number < count % producers ? 1 : 0)
      let parcels = parcels(of: number)
      return Thread { for index in 0..<share { proxy.post(parcels[index & 255]) } }
    }
    var order = Order(producers: producers)
    var taken = 0
    while taken < count {
      guard let parcel = proxy.take() else {
        sched_yield()
        continue
      }
      guard order.follows(parcel) else { fail("A parcel came out of its producer's order.") }
      taken += 1
    }
    for thread in threads { thread.join() }
    return proxy.take() == nil ? UInt64(taken) : 0
  }

  /// Which parcel of each producer comes next.
  private struct Order {
    private var next: [UInt64]
    init(producers: Int) { next = Array(repeating: 0, count: producers) }

    mutating func follows(_ parcel: Parcel) -> Bool {
      guard case .updates(let runs) = parcel, let run = runs.first else { return false }
      let producer = Int(run.topic.rawValue)
      guard run.first == next[producer] else { return false }
      next[producer] = (next[producer] + 1) & 255
      return true
    }
  }
}

/// One POSIX thread that runs one closure.
private final class Thread {
  private var identifier = pthread_t()

  init(_ body: @escaping @Sendable () -> Void) {
    let box = unsafe Unmanaged.passRetained(Body(run: body))
    let failure = unsafe pthread_create(
      &identifier, nil,
      { argument in
        guard let argument = unsafe argument else { return nil }
        unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, box.toOpaque())
    if failure != 0 { fail("There is no thread to be had (error \(failure)).") }
  }

  func join() { pthread_join(identifier, nil) }

  private final class Body {
    let run: @Sendable () -> Void
    init(run: @escaping @Sendable () -> Void) { self.run = run }
  }
}
