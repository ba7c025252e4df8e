// The only way in which another thread reaches a loop: it posts parcels to the loop's mailbox and wakes it.
// Any thread may post; the loop's thread takes.
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// Wakes a loop that may be asleep. `DataPlane` rings through libuv; a simulation does nothing.
protocol LoopWaker: Sendable {
  func ring()
}

/// Posts parcels to one loop, first-in first-out per producer.
final class LoopProxy: Sendable {
  let id: LoopID
  private let mailbox: Mailbox<Parcel>
  private let waker: any LoopWaker
  private let isClosed = Atomic<Bool>(false)

  init(id: LoopID, capacity: Int, waker: any LoopWaker) {
    self.id = id
    mailbox = Mailbox(capacity: capacity)
    self.waker = waker
  }

  /// Hands the parcel over and wakes the loop. Waits while the mailbox is full: the loop never waits for its
  /// producers, so there is always room again. After the loop has ended the parcel is dropped.
  func post(_ parcel: Parcel) {
    while !isClosed.load(ordering: .acquiring) {  // pairs with the release in close()
      if mailbox.offer(parcel) {
        waker.ring()
        return
      }
      waker.ring()
      usleep(50)
    }
  }

  /// Hands the parcel over unless the mailbox is full or the loop has ended.
  func offer(_ parcel: Parcel) -> Bool {
    guard !isClosed.load(ordering: .acquiring), mailbox.offer(parcel) else { return false }  // as in post()
    waker.ring()
    return true
  }

  /// The oldest parcel. The loop's thread only.
  func take() -> Parcel? { mailbox.take() }

  /// No parcel is taken any more. The loop's thread, as its last act.
  func close() { isClosed.store(true, ordering: .releasing) }
}
