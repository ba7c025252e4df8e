// The lock-free queue through which every other thread reaches a loop: bounded, many producers, one consumer
// (D. Vyukov's bounded queue, with a turn number in each cell).
// Invariant, for a capacity of n: the cell of position p is p mod n; its turn is p while it is free for p,
// p + 1 while it holds p's element, and p + n once that was taken. Positions only grow.

import Synchronization

/// A bounded queue, first in first out per producer. `offer` may be called by any thread, `take` by one
/// thread only; neither ever waits for another thread.
@safe public final class Mailbox<Element: Sendable>: Sendable {
  private struct Cell: ~Copyable {
    /// Belongs to the producer that won position `turn`, then to the consumer. It stands first because the thread
    /// sanitizer takes a change of it for one of whatever stands at the cell's own address.
    var element: Element?
    let turn: Atomic<Int>
  }

  /// Keeps head and tail two cache lines apart (processors fetch lines in pairs): producers write one, the
  /// consumer the other.
  private typealias Gap = InlineArray<16, UInt64>

  private let mask: Int
  /// Allocated and freed with the mailbox; shared under the rule of turns.
  private nonisolated(unsafe) let cells: UnsafeMutablePointer<Cell>
  private let gapBeforeTail = Gap(repeating: 0)
  /// The next position to fill. Producers only.
  private let tail = Atomic(0)
  private let gapBeforeHead = Gap(repeating: 0)
  /// The next position to take. Written by the consumer only.
  private let head = Atomic(0)
  private let gapAfterHead = Gap(repeating: 0)

  /// - Parameter capacity: elements that may wait; a power of two above 1.
  public init(capacity: Int) {
    precondition(
      capacity > 1 && capacity & (capacity - 1) == 0, "the capacity of a mailbox must be a power of two")
    mask = capacity - 1
    unsafe cells = .allocate(capacity: capacity)
    for index in 0..<capacity {
      unsafe (cells + index).initialize(to: Cell(element: nil, turn: Atomic(index)))
    }
  }

  deinit {
    unsafe cells.deinitialize(count: mask + 1)
    unsafe cells.deallocate()
  }

  /// Appends `element`. False: the mailbox is full, or the consumer is a moment behind on a full one.
  public func offer(_ element: consuming Element) -> Bool {
    // relaxed: only a guess, which the exchange below confirms.
    var position = tail.load(ordering: .relaxed)
    while true {
      let cell = unsafe cells + (position & mask)
      // acquiring: partner is the releasing store in `take`; the cell was emptied before it was given on.
      let turn = unsafe cell.pointee.turn.load(ordering: .acquiring)
      if turn == position {
        // relaxed: claims the position among producers; the element travels by `turn`.
        let (won, current) = tail.weakCompareExchange(
          expected: position, desired: position + 1, ordering: .relaxed)
        if won {
          unsafe cell.pointee.element = element
          // releasing: partner is the acquiring load in `take`; it must see the element.
          unsafe cell.pointee.turn.store(position + 1, ordering: .releasing)
          return true
        }
        position = current
      } else if turn < position {
        return false
      } else {
        // relaxed: another producer was faster; guess again.
        position = tail.load(ordering: .relaxed)
      }
    }
  }

  /// The oldest element, or nil when none is ready. One thread only.
  public func take() -> Element? {
    // relaxed: this thread is the only one that writes it.
    let position = head.load(ordering: .relaxed)
    let cell = unsafe cells + (position & mask)
    // acquiring: partner is the releasing store in `offer`.
    guard unsafe cell.pointee.turn.load(ordering: .acquiring) == position + 1 else { return nil }
    let element = unsafe cell.pointee.element.take()
    // releasing: partner is the acquiring load in `offer`; the cell is empty before it is given on.
    unsafe cell.pointee.turn.store(position + mask + 1, ordering: .releasing)
    // relaxed: `isEmpty` on other threads is a guess anyway.
    head.store(position + 1, ordering: .relaxed)
    return element
  }

  /// Whether nothing is ready to be taken: exact on the consumer's thread at that moment, a guess on others.
  public var isEmpty: Bool {
    // relaxed: as in `take`.
    let position = head.load(ordering: .relaxed)
    // acquiring: partner is the releasing store in `offer`, so that a `take` that follows finds the element.
    return unsafe (cells + (position & mask)).pointee.turn.load(ordering: .acquiring) != position + 1
  }
}
