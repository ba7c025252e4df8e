#if Cluster
  // Accounts of a database of PostgreSQL have their issuers from the beginning, and those that are moved there have got them before.

  extension PostgresBookingStore: StartStore {
    var hasAccountsToAdopt: Bool { false }
    func adopt(issuer: String) {}
  }
#endif
