#if Cluster
  // What a database of either kind keeps: tables and columns that have the same names and mean the same in both. For `migrate`,
  // which copies them and holds them against each other. PostgreSQL has more tables, which only nodes need.

  struct StoreTable: Sendable {
    enum Kind: Sendable { case number, text }

    let name: String
    let columns: [(name: String, kind: Kind)]
    /// Columns at the beginning that name a row.
    let keys: Int
    /// What SQLite's rows are read in order of.
    private let order: String
    /// Which of SQLite's rows count.
    private let condition: String?

    /// - Parameters:
    ///   - columns: names, those of texts with a `$` before them; the key's first.
    ///   - order: columns; nil: the key.
    private init(
      _ name: String, keys: Int = 1, _ columns: String, order: String? = nil, where condition: String? = nil
    ) {
      self.name = name
      self.keys = keys
      self.condition = condition
      self.columns = columns.split(separator: " ").map {
        $0.hasPrefix("$") ? (String($0.dropFirst()), .text) : (String($0), .number)
      }
      self.order = order ?? self.columns.prefix(keys).map(\.name).joined(separator: ", ")
    }

    /// In the order in which they are copied.
    static let all = [
      StoreTable("meta", "$name $value"),
      StoreTable(
        "event",
        """
        id $name $description $venue starts_at opens_at closes_at $status capacity sold held max_per_booking \
        max_per_user hold_seconds seq version created_at updated_at $shown hold_extension_seconds next_type $types \
        $type_counts standing
        """),
      StoreTable(
        "account", "id $issuer $subject $email $email_key $name $role $password_hash created_at disabled_at"),
      StoreTable(
        "booking",
        """
        id event_id user_id quantity created_at created_seq cancelled_at cancelled_seq state held_until extended \
        confirmed_at type_id
        """),
      StoreTable("notice", keys: 2, "event_id seq kind booking_id available capacity at $types"),
      StoreTable(
        "notice_detail", keys: 2,
        "event_id seq $status $name starts_at opens_at closes_at max_per_booking"),
      // PostgreSQL finds keys by their text, and has each once; a key that was used again counts as it was used last.
      StoreTable(
        "idempotency_key", keys: 2, "user_id $key booking_id at", order: "id",
        where: """
          NOT EXISTS (SELECT 1 FROM idempotency_key later WHERE later.hash = idempotency_key.hash
            AND later.user_id = idempotency_key.user_id AND later.key = idempotency_key.key
            AND later.id > idempotency_key.id)
          """),
      StoreTable("waiting", "id event_id user_id quantity type_id joined_at"),
      StoreTable("waiting_log", "position after_feed kind event_id place user_id quantity type_id at"),
      StoreTable("feed", "position kind subject number count"),
      StoreTable(
        "feed_event", "event_id $status $name starts_at opens_at closes_at max_per_booking capacity"),
      StoreTable("earlier_feed", "position kind subject number count"),
      StoreTable(
        "record_seal",
        "number size $link $epoch $key $head feed_position waiting_position earlier_position $items"),
      StoreTable("logout", keys: 2, "$issuer $subject before"),
      StoreTable("service_token", "id $jti $name $scopes created_at expires_at"),
      StoreTable("audit", "id at $issuer $subject $address $action $object $detail"),
    ]

    // MARK: Pages

    private var list: String { columns.map(\.name).joined(separator: ", ") }
    private var orderCount: Int { order.split(separator: ",").count }

    /// A page of SQLite's. Its parameters are the mark behind which it begins, unless that is the first page, and its length; behind
    /// the columns of each row comes the row's mark.
    func pageText(isFirst: Bool) -> String {
      let places = Array(repeating: "?", count: orderCount).joined(separator: ", ")
      let conditions = [isFirst ? nil : "(\(order)) > (\(places))", condition].compactMap { $0 }
      return "SELECT \(list), \(order) FROM \(name)"
        + (conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND "))
        + " ORDER BY \(order) LIMIT ?"
    }

    /// SQLite's row of `pageText`, where the next page begins.
    func mark(_ row: Row) -> [Statement.Value] {
      (0..<orderCount).map { place in
        let column = Int32(columns.count + place)
        return isNumber(place) ? .int(row.int64(column)) : .text(row.text(column))
      }
    }

    private func isNumber(_ place: Int) -> Bool {
      let name = order.split(separator: ",")[place].filter { $0 != " " }
      return columns.first { $0.name == name }.map { $0.kind == .number } ?? true
    }

    /// PostgreSQL's rows with the keys of some of SQLite's, in their order. Takes an array of each column of the key.
    var lookupText: String {
      let keys = columns.prefix(self.keys)
      let arrays = keys.enumerated().map {
        "$\($0.offset + 1)::\($0.element.kind == .text ? "text" : "bigint")[]"
      }
      let names = keys.indices.map { "key\($0)" }
      let match = keys.enumerated().map { "t.\($0.element.name) = wanted.key\($0.offset)" }
      return """
        SELECT \(columns.map { "t.\($0.name)" }.joined(separator: ", "))
        FROM unnest(\(arrays.joined(separator: ", "))) WITH ORDINALITY AS wanted (\(names.joined(separator: ", ")), place)
          JOIN \(name) t ON \(match.joined(separator: " AND "))
        ORDER BY wanted.place
        """
    }

    /// Takes an array of each column.
    var insertText: String {
      let arrays = columns.enumerated().map {
        "$\($0.offset + 1)::\($0.element.kind == .text ? "text" : "bigint")[]"
      }
      return "INSERT INTO \(name) (\(list)) SELECT * FROM unnest(\(arrays.joined(separator: ", ")))"
    }

    func values(_ row: some StoredRow) -> [Statement.Value] {
      columns.indices.map { column in
        switch columns[column].kind {
        case .number: .optional(row.optionalInt64(Int32(column)))
        case .text: row.optionalText(Int32(column)).map { .text($0) } ?? .null
        }
      }
    }

    /// An array of each column, or of each of the key's.
    func parameters(_ rows: [[Statement.Value]], onlyKeys: Bool = false) -> PostgresParameters {
      var parameters = PostgresParameters()
      for column in onlyKeys ? columns.indices.prefix(keys) : columns.indices[...] {
        switch columns[column].kind {
        case .number:
          parameters.add(
            rows.map { row -> Int64? in if case .int(let number) = row[column] { number } else { nil } })
        case .text:
          parameters.add(
            rows.map { row -> String? in if case .text(let text) = row[column] { text } else { nil } })
        }
      }
      return parameters
    }

    /// A row in words, for a sentence: its key.
    func name(of row: [Statement.Value]) -> String {
      let key = row.prefix(keys).map { value in
        switch value {
        case .int(let number): "\(number)"
        case .text(let text): text
        case .null: "nothing"
        }
      }
      return "\(name) \(key.joined(separator: ", "))"
    }
  }

  /// Sums up the rows of a table, so that two tables can be held against each other by one number.
  struct TableDigest: Sendable, Equatable {
    private(set) var rows = 0
    private var sum = [UInt8](repeating: 0, count: 32)

    /// Hexadecimal; tables with equal rows in equal order have the same.
    var text: String { hex(sum) }

    mutating func add(_ row: [Statement.Value]) {
      var bytes = sum
      for value in row {
        switch value {
        case .int(let number):
          bytes.append(1)
          unsafe withUnsafeBytes(of: number.bigEndian) { unsafe bytes.append(contentsOf: $0) }
        case .text(let text):
          bytes.append(2)
          unsafe withUnsafeBytes(of: Int64(text.utf8.count).bigEndian) { unsafe bytes.append(contentsOf: $0) }
          bytes.append(contentsOf: text.utf8)
        case .null: bytes.append(0)
        }
      }
      sum = Cryptography.sha256(bytes)
      rows += 1
    }
  }
#endif
