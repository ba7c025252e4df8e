// Which accounts there are, and whether anybody may make one: the one of the two that can change while the server runs.
// Any thread.
import Synchronization

struct AccountPolicy: Sendable {
  let accounts: Accounts
  private let gate: Gate

  /// Whether anybody may register, for all copies of the policy.
  private final class Gate: Sendable {
    let isOpen: Atomic<Bool>
    init(isOpen: Bool) { self.isOpen = Atomic(isOpen) }
  }

  init(accounts: Accounts, registration: Bool) {
    (self.accounts, gate) = (accounts, Gate(isOpen: registration))
  }

  /// Any thread; a request that is under way may have seen the former value.
  var registration: Bool {
    get { gate.isOpen.load(ordering: .relaxed) }
    nonmutating set { gate.isOpen.store(newValue, ordering: .relaxed) }
  }
}
