// How much each address and client may have and ask for on a loop: asked where a connection, a request, a message or a
// recall comes in. What addresses and clients have on all loops is in `AdmissionControl`; what a connection is
// counted for is here, by slot.
//
// Invariant: every count that a slot holds is given back in `left`, which every connection's end calls.
// One loop's thread.

/// The limits of addresses and clients, as one loop holds them.
final class LoopLimiter {
  private let counters: LoopCounters
  private let observer: any LoopObserver
  private let shared: AdmissionControl
  /// By slot; empty when nothing is limited.
  private var places: [Place] = []
  /// Whose the last request was, by slot; only for connections of trusted proxies.
  private var behindProxies: [UInt32: Client] = [:]
  /// Connections of this loop whose first head has not come whole.
  private var newConnections = 0
  /// Connections whose reading is paused, each with its generation and when it resumes.
  private var paused: [Pause] = []

  /// A connection that is not read before a moment.
  struct Pause {
    let slot: UInt32
    let generation: UInt32
    let until: UInt64
  }

  /// What a connection is counted for.
  private struct Place {
    /// Of its address or client.
    var key: UInt64 = 0
    /// When the budget of its messages is whole again, in microseconds.
    var messages: UInt64 = 0
    var holding = Holding.nothing
    /// Resumes that were refused, less those that were admitted.
    var refusedRecalls: UInt8 = 0
    /// Whether its first head has not come whole.
    var isNew = false
    var isFromProxy = false
    var isPaused = false

    enum Holding: UInt8 { case nothing, address, client }
  }

  init(counters: LoopCounters, observer: any LoopObserver, shared: AdmissionControl) {
    (self.counters, self.observer, self.shared) = (counters, observer, shared)
    (isLimited, rules) = (shared.isLimited, shared.limits)
  }

  private let isLimited: Bool
  private var rules: AdmissionLimits

  /// Other limits hold from now on; connections stay counted for whom they are counted. Without effect when nothing was
  /// limited at first.
  func use(_ limits: AdmissionLimits) {
    if isLimited { rules = limits }
  }

  /// Whether the peer is a proxy whose word counts.
  func trusts(_ peer: PeerAddress) -> Bool { rules.trustedProxies.contains(peer) }

  // MARK: Connections

  /// Whether a connection that was accepted may stay; if so, it is counted, and `opened` or `left(peer)` follows.
  func admits(connectionFrom peer: PeerAddress) -> Bool {
    guard isLimited else { return true }
    if let bound = rules.newConnectionsPerLoop, newConnections >= bound {
      return refuse(.newConnectionsPerLoop, peer)
    }
    if !rules.trustedProxies.contains(peer) {
      guard shared.newConnections.enter(peer.limitKey) else { return refuse(.newConnectionsPerAddress, peer) }
      guard shared.addresses.enter(peer.limitKey) else {
        shared.newConnections.leave(peer.limitKey)
        return refuse(.connectionsPerAddress, peer)
      }
    }
    newConnections += 1
    return true
  }

  /// An admitted connection has this slot.
  func opened(_ slot: UInt32, from peer: PeerAddress) {
    guard isLimited else { return }
    while places.count <= Int(slot) { places.append(Place()) }
    let isFromProxy = rules.trustedProxies.contains(peer)
    places[Int(slot)] = Place(
      key: peer.limitKey, holding: isFromProxy ? .nothing : .address, isNew: true, isFromProxy: isFromProxy)
  }

  /// A connection that another process admitted has this slot. It is counted whatever the bounds are: nobody who is
  /// connected already is refused.
  func adopted(_ slot: UInt32, _ record: ConnectionRecord) {
    guard isLimited else { return }
    while places.count <= Int(slot) { places.append(Place()) }
    let isFromProxy = rules.trustedProxies.contains(record.peer)
    var place = Place(key: record.peer.limitKey, isFromProxy: isFromProxy)
    if let counted = record.counted {
      (place.key, place.holding) = (counted.key, counted.isForClient ? .client : .address)
    } else if record.kind != .http, !record.client.isAnonymous {
      (place.key, place.holding) = (record.client.limitKey, .client)
    } else if !isFromProxy {
      place.holding = .address
    }
    switch place.holding {
    case .nothing: break
    case .address: shared.addresses.add(place.key)
    case .client: shared.clients.add(place.key)
    }
    if record.isNew {
      place.isNew = true
      newConnections += 1
      if !isFromProxy { shared.newConnections.add(place.key) }
    }
    places[Int(slot)] = place
  }

  /// Tells for whom a connection is counted.
  func describe(_ slot: UInt32, _ record: inout ConnectionRecord) {
    guard isLimited else { return }
    let place = places[Int(slot)]
    record.isNew = place.isNew
    guard place.holding != .nothing else { return }
    record.counted = ConnectionRecord.Counted(isForClient: place.holding == .client, key: place.key)
  }

  /// An admitted connection did not open.
  func left(_ peer: PeerAddress) {
    guard isLimited else { return }
    newConnections -= 1
    guard !rules.trustedProxies.contains(peer) else { return }
    shared.newConnections.leave(peer.limitKey)
    shared.addresses.leave(peer.limitKey)
  }

  /// The connection is gone: what it was counted for is given back.
  func left(_ slot: UInt32) {
    guard isLimited else { return }
    headCame(slot)
    release(slot)
    if places[Int(slot)].isFromProxy { behindProxies[slot] = nil }
    places[Int(slot)] = Place()
  }

  private func release(_ slot: UInt32) {
    let place = places[Int(slot)]
    switch place.holding {
    case .nothing: break
    case .address: shared.addresses.leave(place.key)
    case .client: shared.clients.leave(place.key)
    }
    places[Int(slot)].holding = .nothing
  }

  /// The head of a request is whole, its body perhaps not: the connection is no longer new.
  func headCame(_ slot: UInt32) {
    guard isLimited, places[Int(slot)].isNew else { return }
    places[Int(slot)].isNew = false
    newConnections -= 1
    if !places[Int(slot)].isFromProxy { shared.newConnections.leave(places[Int(slot)].key) }
  }

  // MARK: Requests

  /// A request has come: whom it is counted for.
  func client(of head: HTTPRequestHead, at slot: UInt32, from peer: PeerAddress) -> Client {
    guard isLimited else { return Client(address: peer) }
    headCame(slot)
    guard places[Int(slot)].isFromProxy else { return Client(address: peer) }
    let client = rules.trustedProxies.client(of: head, from: peer)
    behindProxies[slot] = client
    return client
  }

  /// Counts a request; what refuses it, or nil.
  func refusal(ofRequestFrom client: Client, now: UInt64) -> RateRefusal? {
    guard let requests = shared.requests, let limit = rules.requestsPerAddress else { return nil }
    let decision = requests.take(client.limitKey, of: limit, at: now)
    guard !decision.isAllowed else { return nil }
    refuse(.requestsPerAddress, client.address)
    return RateRefusal(
      limit: .requestsPerAddress, rate: limit, retryAfter: decision.retryAfter,
      milliseconds: decision.milliseconds)
  }

  /// The connection becomes a WebSocket or an event stream of this client: from now on it is counted for the client and
  /// not for its address. One without a client stays with its address, which behind a proxy is the client's.
  /// - Returns: what refuses it, and then nothing has changed; or nil.
  func refusal(ofJoining slot: UInt32, as client: ClientTag, from peer: PeerAddress) -> RateRefusal? {
    guard isLimited else { return nil }
    // The place is about to be another key's, and what it holds as new belongs to this one.
    headCame(slot)
    let place = places[Int(slot)]
    let (limit, counts, key, holding) =
      client.isAnonymous
      ? (
        AdmissionLimit.connectionsPerAddress, shared.addresses, addressKey(slot, peer), Place.Holding.address
      )
      : (.connectionsPerClient, shared.clients, client.limitKey, .client)
    if client.isAnonymous, place.holding == .address { return nil }
    guard counts.enter(key) else {
      refuse(limit, address(slot, peer))
      return RateRefusal(limit: limit, rate: nil, retryAfter: Limits.retryConnecting, milliseconds: 0)
    }
    release(slot)
    (places[Int(slot)].key, places[Int(slot)].holding) = (key, holding)
    return nil
  }

  private func address(_ slot: UInt32, _ peer: PeerAddress) -> PeerAddress {
    behindProxies[slot]?.address ?? peer
  }

  private func addressKey(_ slot: UInt32, _ peer: PeerAddress) -> UInt64 {
    (behindProxies[slot] ?? Client(address: peer)).limitKey
  }

  // MARK: Messages and recalls

  /// When the WebSocket's budget has room for one more message: now, or at a later moment.
  func nextMessageAt(_ slot: UInt32, now: UInt64) -> UInt64 {
    guard let limit = rules.messagesPerConnection else { return now }
    return limit.nextUnitAt(places[Int(slot)].messages, now: now)
  }

  /// A message or a ping has come.
  func tookMessage(_ slot: UInt32, now: UInt64) {
    _ = rules.messagesPerConnection?.take(&places[Int(slot)].messages, at: now &* 1_000)
  }

  enum RecallVerdict: Equatable {
    case admitted
    /// The resume is answered with the newest state.
    case refused
    /// The connection was refused many times and goes on: it is to be closed.
    case closing
  }

  /// Whether the notice table may be asked for a resume of the client, or the address, that the slot is counted for.
  func judge(recallAt slot: UInt32, from peer: PeerAddress, now: UInt64) -> RecallVerdict {
    guard let recalls = shared.recalls, let limit = rules.recallsPerClient else { return .admitted }
    let refused = places[Int(slot)].refusedRecalls
    if recalls.take(places[Int(slot)].key, of: limit, at: now).isAllowed {
      places[Int(slot)].refusedRecalls = refused - min(refused, 1)
      return .admitted
    }
    refuse(.recallsPerClient, address(slot, peer))
    guard refused >= Limits.resumesRefused else {
      places[Int(slot)].refusedRecalls = refused + 1
      counters.own.recallsRefused += 1
      return .refused
    }
    counters.own.recallersClosed += 1
    observer.observe(.tooManyResumes(peer: address(slot, peer)))
    return .closing
  }

  // MARK: Pauses

  /// Whether reading from the connection is paused.
  func isPaused(_ slot: UInt32) -> Bool { isLimited && places[Int(slot)].isPaused }

  /// The connection is to be read no more before this moment. The caller stops reading it.
  func pause(_ slot: UInt32, generation: UInt32, until: UInt64) {
    guard !places[Int(slot)].isPaused else { return }
    places[Int(slot)].isPaused = true
    paused.append(Pause(slot: slot, generation: generation, until: until))
  }

  /// Takes those that are over out of the list. A slot may be another connection's by now: its generation tells.
  func takeDuePauses(at now: UInt64) -> [Pause] {
    guard !paused.isEmpty else { return [] }
    let over = paused.filter { $0.until <= now }
    if !over.isEmpty { paused.removeAll { $0.until <= now } }
    return over
  }

  /// The connection is read again.
  func resume(_ slot: UInt32) { places[Int(slot)].isPaused = false }

  // MARK: Refusals

  /// Counts a refusal and tells the observer. Always false, for the caller to return.
  @discardableResult
  func refuse(_ limit: AdmissionLimit, _ address: PeerAddress) -> Bool {
    counters.own.limited[limit.rawValue] += 1
    observer.observe(.limited(limit, address))
    return false
  }
}

extension ClientTag {
  var limitKey: UInt64 { id }
}
