// What a node's ledger has beside the store, and the thread that follows what the others commit.
import Synchronization

/// Whether this node does for all what is done by the clock. Any thread.
final class Lead: Sendable {
  private let held = Atomic(false)
  var isHeld: Bool { held.load(ordering: .relaxed) }
  func set(_ isHeld: Bool) { held.store(isHeld, ordering: .relaxed) }
}

/// To be made before the ledger is: what is committed from then on is found.
struct PeerParts {
  let ports: NodePorts
  let follower: ClusterFollower
  let lead = Lead()

  init(
    _ access: NodeAccess, _ registry: NodeRegistry?, _ revocations: Revocations, _ services: ServiceTokens,
    _ epoch: String, _ builder: ControlThreadsBuilder
  ) throws(StartFailure) {
    let bus = builder.configuration.bus
    do throws(StoreFailure) {
      follower = try ClusterFollower(
        Handover(access.changes), waiters: builder.waiters, bus: bus, clock: builder.ports.clock,
        observer: builder.ports.observer)
    } catch {
      throw StartFailure("cannot follow the other nodes: \(error)")
    }
    ports = NodePorts(
      codec: BusCodec(secret: access.secret, epoch: epoch), bus: bus, interest: registry,
      revocations: revocations, services: services, committed: { [follower] in follower.committed() },
      leads: { [follower, lead] isHeld in
        lead.set(isHeld)
        follower.lead(isHeld)
      })
  }
}

/// What belongs to other nodes among the threads.
struct PeerThread: Sendable {
  let codec: BusCodec
  let thread: ClusterThread

  func close() { thread.close() }
}
