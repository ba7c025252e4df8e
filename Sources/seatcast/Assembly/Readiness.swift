// Whether requests should come here (`/readyz`): the control plane's word, unless the server is about to stop. Any thread.
import ControlPlane
import Synchronization

final class Readiness: Sendable {
  private let backend: Backend
  private let isLeaving = Atomic(false)

  init(_ backend: Backend) { self.backend = backend }

  /// From now on requests should go elsewhere. They are still answered.
  func leave() { isLeaving.store(true, ordering: .relaxed) }

  var isReady: Bool { reason == nil }

  /// Why requests should go to another server, for anybody; nil: they need not.
  var reason: String? {
    isLeaving.load(ordering: .relaxed) ? "the server is stopping" : backend.unreadiness
  }
}
