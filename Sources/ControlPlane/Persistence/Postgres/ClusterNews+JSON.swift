#if Cluster
  // News as they are in the table `news`, so that a node of another version reads them: what it does not know, it passes over.
  // `jsonb` takes no NUL either, so texts are as PostgresText keeps them.

  extension ClusterNews {
    var json: [UInt8] {
      JSONWriter.object { writer in
        switch self {
        case .loggedOut(let identity, let moment):
          writer.member("kind", "logged_out")
          Self.write(identity, to: &writer)
          writer.member("before", moment.milliseconds)
        case .disabled(let identity, let isDisabled):
          writer.member("kind", "disabled")
          Self.write(identity, to: &writer)
          writer.member("disabled", isDisabled)
        case .serviceTokens:
          writer.member("kind", "service_tokens")
        case .told(let identity, let text):
          writer.member("kind", "told")
          Self.write(identity, to: &writer)
          writer.member("text", PostgresText.stored(String(decoding: text, as: UTF8.self)))
        }
      }
    }

    /// nil: of a kind that this program does not know.
    init?(json: [UInt8]) {
      guard let members = (try? StrictJSON.parse(json))?.members, let kind = members["kind"]?.text else {
        return nil
      }
      if kind == "service_tokens" {
        self = .serviceTokens
        return
      }
      guard let issuer = members["issuer"]?.text.map(PostgresText.plain),
        let subject = members["subject"]?.text
      else { return nil }
      // A log-out of everybody has no subject.
      let identity: Identity
      if subject.isEmpty {
        identity = .everybody(of: issuer)
      } else {
        guard let subject = Subject(PostgresText.plain(subject)) else { return nil }
        identity = Identity(issuer: issuer, subject: subject)
      }
      switch kind {
      case "logged_out":
        guard let before = members["before"]?.whole else { return nil }
        self = .loggedOut(identity, before: Instant(milliseconds: before))
      case "disabled":
        guard case .bool(let isDisabled)? = members["disabled"] else { return nil }
        self = .disabled(identity, isDisabled)
      case "told":
        guard let text = members["text"]?.text else { return nil }
        self = .told(identity, text: Array(PostgresText.plain(text).utf8))
      default: return nil
      }
    }

    private static func write(_ identity: Identity, to writer: inout JSONWriter) {
      writer.member("issuer", PostgresText.stored(identity.issuer))
      writer.member("subject", PostgresText.stored(identity.subject.description))
    }
  }
#endif
