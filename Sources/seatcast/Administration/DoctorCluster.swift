// The checks of `seatcast doctor` that look at what nodes share: the database and the bus. Nothing is changed there. Main thread.
import ControlPlane
import Glibc

enum DoctorCluster {
  /// Seconds for which the bus is waited for.
  private static let patience = 3
  /// A difference of clocks that is worth a word, in milliseconds.
  private static let notable: Int64 = 100

  /// None for a server by itself.
  static func findings(_ configuration: ServeConfiguration) -> [Finding] {
    guard let cluster = configuration.cluster else { return [] }
    do throws(StartError) {
      return [storeFinding(try ClusterAccess(cluster).store)]
        + (try busFinding(cluster, configuration.nodeName))
    } catch {
      return [.fail("cluster", error.description)]
    }
  }

  private static func storeFinding(_ url: String) -> Finding {
    do throws(StartFailure) {
      let found = try Checkup.store(at: url)
      let sentence = "PostgreSQL \(found.version) answers at \(found.address)"
      return abs(found.clockOffset) < notable
        ? .ok("store", sentence + ".")
        : .warn("store", sentence + "; its clock and this machine's differ by \(abs(found.clockOffset)) ms.")
    } catch {
      return .fail("store", StartError(telling: error).description)
    }
  }

  /// Without a bus nodes work, too.
  private static func busFinding(_ cluster: ClusterConfiguration, _ node: String) throws(StartError)
    -> [Finding]
  {
    guard let line = try BusLine(cluster, node: "\(node) doctor", log: Log(format: .text, from: .error))
    else {
      return [.ok("bus", "There is none; nodes learn of each other by the database.")]
    }
    do {
      try line.start(nil)
    } catch {
      throw StartError(telling: error)
    }
    defer { line.stop() }
    for _ in 0..<patience * 20 where !line.bus.isConnected { usleep(50_000) }
    return line.bus.isConnected
      ? [.ok("bus", "NATS answers.")]
      : [.warn("bus", "NATS does not answer; until it does, nodes learn of each other by the database.")]
  }
}
