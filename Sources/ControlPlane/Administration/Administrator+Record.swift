// `seatcast record …`: heads at once, and a change of the key that signs them.

extension Administrator {
  /// Seals everything that is committed, and tells the head that covers it.
  func recordHead(_ body: inout BodyReader) throws(Problem) -> AdminAnswer {
    try finish(&body, knowing: [])
    return Self.answer(try sealed { $0.seal() }) { standing in standing.head ?? "" }
  }

  func recordKey(_ body: inout BodyReader) throws(Problem) -> AdminAnswer {
    try finish(&body, knowing: [])
    return Self.answer(try sealed { _ in nil }) { standing in standing.key?.pem ?? "" }
  }

  /// The head that the new key signs covers what the former one signed of it.
  func rotateRecordKey(_ body: inout BodyReader) throws(Problem) -> AdminAnswer {
    try finish(&body, knowing: [])
    let standing = try sealed { $0.rotate() }
    _ = backend.ledger.submit(.note(AuditEntry(actor: .commandLine, action: .recordRotate, object: nil)))
    return Self.answer(standing) { standing in
      "A new key signs the record, and the former one has signed it. Publish it:\n\(standing.key?.pem ?? "")"
    }
  }

  private func sealed(_ act: (Recorder) -> String?) throws(Problem) -> Recorder.Standing {
    guard let recorder = backend.threads.record?.recorder else {
      throw Problem(
        .notFound, "The data folder has no \(RecordKey.fileName) yet; start the server once, which makes it.")
    }
    if let failure = act(recorder) {
      backend.ports.observer.observe(.internalFailure("the record: \(failure)"))
      throw Problem(.storageUnavailable, "The record cannot be sealed now: \(failure).")
    }
    return recorder.current
  }

  private static func answer(
    _ standing: Recorder.Standing, _ text: (Recorder.Standing) -> String
  ) -> AdminAnswer {
    AdminAnswer(RecordStanding(standing: standing), text(standing))
  }
}

private struct RecordStanding: JSONWritable {
  let standing: Recorder.Standing

  func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("entries", standing.size)
      writer.member("head", orNull: standing.head)
      writer.member("key", orNull: standing.key?.pem)
    }
  }
}
