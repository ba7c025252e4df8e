#if Cluster
  // What stands in a file of credentials for NATS: read once to know what it is; libnats reads it again for each connection.

  enum NATSCredentials: Sendable, Equatable {
    /// A user's JWT and its seed (`nsc generate creds`).
    case user(file: String)
    /// An nkey: the public key, and the file with its seed.
    case key(String, file: String)

    /// - Throws: a sentence, when it is neither.
    init(file: String) throws(StartError) {
      let text = try SecretFiles.text(at: file, what: "credentials of the bus")
      if text.contains("BEGIN NATS USER JWT") {
        self = .user(file: file)
        return
      }
      let words = text.split { $0.isWhitespace }
      guard words.contains(where: { $0.hasPrefix("SU") }),
        let key = words.first(where: { $0.hasPrefix("U") && $0.utf8.count == Self.keyLength })
      else {
        throw StartError(
          "The credentials of the bus in \(printable(file)) are neither a user's JWT with its seed (nsc generate creds) nor "
            + "an nkey's seed with its public key (nk -gen user -pubout).")
      }
      self = .key(String(key), file: file)
    }

    /// Of a public key in base 32.
    private static let keyLength = 56
  }
#endif
