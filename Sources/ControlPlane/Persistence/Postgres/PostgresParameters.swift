#if Cluster
  // Values on their way to a statement, in PostgreSQL's binary formats: one buffer for all of them, so that a batch of many rows
  // costs no allocation for each field.

  /// Integers are sent as `bigint`, text as `text`; a statement that wants another type says so with a cast.
  struct PostgresParameters {
    private(set) var bytes: [UInt8] = []
    /// Where each value begins in `bytes`; negative: NULL.
    private(set) var starts: [Int] = []
    private(set) var lengths: [Int32] = []

    init() {}

    init(_ values: [Statement.Value]) {
      for value in values { add(value) }
    }

    var count: Int { starts.count }

    mutating func add(_ value: Statement.Value) {
      switch value {
      case .int(let number): add(number)
      case .text(let text): add(text)
      case .null: addNull()
      }
    }

    mutating func add(_ number: Int64) {
      begin()
      append(number)
      end()
    }

    mutating func add(_ text: String) {
      begin()
      PostgresText.append(text, to: &bytes)
      end()
    }

    /// For `bytea`.
    mutating func add(_ data: [UInt8]) {
      begin()
      bytes.append(contentsOf: data)
      end()
    }

    mutating func addNull() {
      starts.append(-1)
      lengths.append(0)
    }

    // MARK: Arrays of one dimension, for `unnest` and `ANY`.

    /// As `bigint[]`.
    mutating func add(_ numbers: [Int64]) {
      beginArray(of: Self.bigint, numbers.count, hasNulls: false)
      for number in numbers { append(element: number) }
      end()
    }

    mutating func add(_ numbers: [Int64?]) {
      beginArray(of: Self.bigint, numbers.count, hasNulls: true)
      for number in numbers {
        if let number { append(element: number) } else { append(Int32(-1)) }
      }
      end()
    }

    /// As `text[]`.
    mutating func add(_ texts: [String?]) {
      beginArray(of: Self.text, texts.count, hasNulls: true)
      for text in texts {
        guard let text else {
          append(Int32(-1))
          continue
        }
        let start = bytes.count
        append(Int32(0))
        PostgresText.append(text, to: &bytes)
        set(Int32(bytes.count - start - 4), at: start)
      }
      end()
    }

    /// The numbers of types, from PostgreSQL's catalogue `pg_type`; they never change.
    private static let bigint: Int32 = 20
    private static let text: Int32 = 25

    private mutating func begin() { starts.append(bytes.count) }

    private mutating func end() { lengths.append(Int32(bytes.count - starts[starts.count - 1])) }

    /// The format of `array_send` in PostgreSQL's source: dimensions, whether there are NULLs, the elements' type, and of each
    /// dimension its length and first index.
    private mutating func beginArray(of type: Int32, _ count: Int, hasNulls: Bool) {
      begin()
      append(Int32(count == 0 ? 0 : 1))
      append(Int32(hasNulls ? 1 : 0))
      append(type)
      if count > 0 {
        append(Int32(count))
        append(Int32(1))
      }
    }

    private mutating func append(element number: Int64) {
      append(Int32(8))
      append(number)
    }

    private mutating func set(_ number: Int32, at start: Int) {
      for index in 0..<4 {
        bytes[start + index] = UInt8(truncatingIfNeeded: number >> (24 - 8 * Int32(index)))
      }
    }

    private mutating func append(_ number: some FixedWidthInteger) {
      unsafe withUnsafeBytes(of: number.bigEndian) { unsafe bytes.append(contentsOf: $0) }
    }
  }
#endif
