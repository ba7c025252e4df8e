// The bus of a server, whatever carries it: what a program without the cluster can name, too. Joins it to the backend, which is
// made after it. Any thread.
import ControlPlane
import Synchronization

final class BusLine: Sendable {
  let bus: any ClusterBus
  private let carrier: any BusCarrier
  private let link: Link

  /// Where messages and news go, once there is a backend.
  fileprivate final class Link: Sendable {
    let backend = Mutex<Backend?>(nil)
    let log: Log
    init(_ log: Log) { self.log = log }

    func hear(_ message: [UInt8]) { backend.withLock { $0 }?.hear(message) }

    func tell(_ news: BusNews) {
      log.write(news.entry, kind: .bus)
      // What was missed is asked of the database at once.
      if news == .connected { backend.withLock { $0 }?.lookAround() }
    }
  }

  /// Nil: the configuration has none.
  init?(_ configuration: ClusterConfiguration, node: String, log: Log) throws(StartError) {
    guard let settings = configuration.bus else { return nil }
    link = Link(log)
    #if Cluster
      let options = NATSOptions(
        urls: try ClusterAccess(configuration).bus, name: "seatcast \(node)",
        authorities: settings.authorities,
        credentials: try settings.credentials.map { file throws(StartError) in try NATSCredentials(file: file)
        })
      let nats = NATSBus(
        options, prefix: settings.prefix, hear: { [link] in link.hear($0) }, tell: { [link] in link.tell($0) }
      )
      (bus, carrier) = (nats, nats)
    #else
      _ = settings
      return nil
    #endif
  }

  /// - Parameter backend: takes what is heard; nil: nobody does.
  func start(_ backend: Backend?) throws(StartFailure) {
    link.backend.withLock { $0 = backend }
    try carrier.start()
  }

  func stop() {
    carrier.stop()
    link.backend.withLock { $0 = nil }
  }

  var report: BusReport { carrier.report }

  /// For `/readyz`: the server is ready all the same.
  var remark: String? {
    bus.isConnected ? nil : "the bus is down: others' bookings come by the database"
  }
}

/// What carries a bus.
protocol BusCarrier: Sendable {
  func start() throws(StartFailure)
  func stop()
  var report: BusReport { get }
}
