// What anybody may keep of the record of sales: its newest signed head, and the key that signs. From memory; workers.

struct RecordEndpoints: Sendable {
  /// Nil: this server seals nothing.
  let standing: @Sendable () -> Recorder.Standing?

  /// `GET /api/record/head`: a signed note. Whoever keeps it can prove later that what it covers was not changed.
  func head(_ call: Call) throws(Problem) -> Reply? {
    guard let head = standing()?.head else { throw Problem(.notFound, "The record has no head yet.") }
    return .common(status: 200, .text, body: Array(head.utf8))
  }

  /// `GET /api/record/key`: the public key in PEM.
  func key(_ call: Call) throws(Problem) -> Reply? {
    guard let key = standing()?.key else { throw Problem(.notFound, "The record has no key yet.") }
    return .common(status: 200, .text, body: Array(key.pem.utf8))
  }
}
