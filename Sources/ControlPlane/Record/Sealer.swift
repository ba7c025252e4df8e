// Makes one seal after the other: which entries come next, their links, and the signed head. What comes first: the record's
// beginning, or a key that took the place of a lost one; then what happened before there was a record; then the feed and
// the changes of the waiting lists, in the order of their commits. One thread at a time.

struct Sealer {
  /// Entries of one seal, about: bounds the time of one step, and the text of its items.
  static let entriesPerSeal: UInt64 = 8_192
  /// Rows that one look reads.
  private static let rows = 4_096

  private let reads: any RecordSource
  private let folder: DataFolder
  private let keep: (RecordSeal) throws(DomainError) -> Void
  private(set) var key: RecordKey
  private(set) var last: RecordSeal?
  /// Of a restored database: what its backup had beyond the last seal, which is of the epoch before.
  private var former: RecordEnds?
  private var writer = RecordEntryWriter()
  /// Whether other nodes seal the same record, one at a time. All have one key: a node with another one would take the record over
  /// each time that it leads, as if the key were lost.
  var isShared = false

  /// - Parameters:
  ///   - makesKey: whether to make a key when there is none.
  ///   - keep: has a seal committed, and throws unless it is.
  /// - Returns: nil: there is no key, and none is to be made.
  init?(
    _ reads: any RecordSource, _ folder: DataFolder, makesKey: Bool,
    keep: @escaping (RecordSeal) throws(DomainError) -> Void
  ) throws(StartFailure) {
    (self.reads, self.folder, self.keep) = (reads, folder, keep)
    do throws(StoreFailure) {
      last = try reads.last()
      if let last, last.epoch != reads.facts.epoch { former = try reads.currentEnds() }
    } catch {
      throw StartFailure("cannot read the record: \(error)")
    }
    guard let key = try RecordKey.kept(in: folder, last: last?.key, makes: makesKey) else { return nil }
    self.key = key
  }

  // MARK: Steps

  /// Learns what others have sealed, where several nodes keep one record. Two that seal at a time are told apart by the seals'
  /// numbers: the database keeps one of them.
  mutating func refresh() throws(RecordFailure) {
    do throws(StoreFailure) { last = try reads.last() } catch { throw RecordFailure(error.description) }
  }

  /// Seals the next entries; nil: there are none.
  mutating func sealNext(at now: Instant) throws(RecordFailure) -> RecordSeal? {
    try refresh()
    if isShared { try checkKey() }
    let draft: Draft
    do throws(StoreFailure) {
      draft = try nextDraft(at: now)
    } catch {
      throw RecordFailure(error.description)
    }
    guard !draft.items.isEmpty else { return nil }
    return try commit(draft, signedBy: key, at: now)
  }

  private func checkKey() throws(RecordFailure) {
    guard let last, last.key != key.publicKey else { return }
    throw RecordFailure(
      "another node has sealed the record with another key; give all nodes the same \(RecordKey.fileName)")
  }

  /// Hands over to a new key. To be called when everything is sealed.
  mutating func rotate(at now: Instant) throws(RecordFailure) -> RecordSeal {
    guard let last else { throw RecordFailure("the record has not begun") }
    let next = RecordKey.make()
    var draft = Draft(after: last)
    let signature = key.signature(of: next.publicKey.handover(of: reads.facts.record))
    do throws(StoreFailure) {
      try add(RecordLiterals.key(next.publicKey, signature: signature, at: now), to: &draft)
    } catch {
      throw RecordFailure(error.description)
    }
    do throws(StartFailure) {
      // Before the commit: no head may be signed by a key that nobody has any more.
      try next.keep(as: RecordKey.nextFileName, in: folder)
      let seal = try committed(draft, next, now)
      try next.keep(in: folder)
      try RecordKey.remove(RecordKey.nextFileName, in: folder)
      return seal
    } catch {
      throw RecordFailure(error.description)
    }
  }

  /// The seal by which a key takes over. From its commit on no other key signs, also when the commit only seemed to fail.
  private mutating func committed(
    _ draft: Draft, _ next: RecordKey, _ now: Instant
  ) throws(StartFailure) -> RecordSeal {
    do throws(RecordFailure) {
      let seal = try commit(draft, signedBy: next, at: now)
      key = next
      return seal
    } catch {
      if let last, last.key == next.publicKey {
        key = next
        return last
      }
      throw StartFailure(error.description)
    }
  }

  private mutating func commit(
    _ draft: Draft, signedBy key: RecordKey, at now: Instant
  ) throws(RecordFailure) -> RecordSeal {
    let head = RecordHead(
      record: reads.facts.record, size: draft.chain.size, link: draft.chain.link, epoch: draft.epoch, at: now)
    let seal = RecordSeal(
      number: (last?.number ?? 0) + 1, size: draft.chain.size, link: draft.chain.link, epoch: draft.epoch,
      key: key.publicKey, head: head.note(signedBy: key), feed: draft.feed, waiting: draft.waiting,
      earlier: draft.earlier, items: RecordItem.text(draft.items))
    do throws(DomainError) {
      try keep(seal)
    } catch {
      // A failed sync may have committed it after all: the next step goes on from what the database has.
      if let kept = try? reads.last() { last = kept }
      throw RecordFailure("a head could not be kept (\(error))")
    }
    last = seal
    return seal
  }

  // MARK: What comes next

  /// A seal in the making.
  private struct Draft {
    private let start: UInt64
    var chain: RecordChain
    var items: [RecordItem] = []
    var epoch: String
    var feed: Int64
    var waiting: Int64
    var earlier: Int64

    init(after last: RecordSeal) {
      (start, chain, epoch) = (last.size, last.chain, last.epoch)
      (feed, waiting, earlier) = (last.feed, last.waiting, last.earlier)
    }

    init(beginning record: String, epoch: String, feed: Int64) {
      (chain, self.epoch, self.feed) = (RecordChain(of: record), epoch, feed)
      (start, waiting, earlier) = (0, 0, 0)
    }

    var isFull: Bool { chain.size - start >= Sealer.entriesPerSeal }
  }

  private mutating func nextDraft(at now: Instant) throws(StoreFailure) -> Draft {
    guard let last else { return try beginning(at: now) }
    var draft = Draft(after: last)
    if last.key != key.publicKey {
      try add(RecordLiterals.key(key.publicKey, signature: nil, at: now), to: &draft)
    }
    if draft.earlier != RecordSeal.allEarlier { try addEarlier(to: &draft, at: now) }
    guard draft.earlier == RecordSeal.allEarlier else { return draft }
    if let former, draft.feed >= former.feed, draft.waiting >= former.waiting {
      try add(RecordLiterals.epoch(reads.facts.epoch, after: draft.epoch, at: now), to: &draft)
      draft.epoch = reads.facts.epoch
      self.former = nil
    }
    try addLive(to: &draft, through: former)
    return draft
  }

  private mutating func beginning(at now: Instant) throws(StoreFailure) -> Draft {
    let facts = reads.facts
    var draft = Draft(beginning: facts.record, epoch: facts.epoch, feed: try reads.feedStart())
    let hasEarlier = try reads.hasEarlierEntries()
    if !hasEarlier { draft.earlier = RecordSeal.allEarlier }
    try add(
      RecordLiterals.begin(
        facts.record, epoch: facts.epoch, key: key.publicKey, hasEarlier: hasEarlier, at: now), to: &draft)
    return draft
  }

  private mutating func addEarlier(to draft: inout Draft, at now: Instant) throws(StoreFailure) {
    let runs = try reads.earlier(after: draft.earlier, limit: Self.rows)
    for run in runs {
      guard !draft.isFull else { return }
      guard let item = run.item else { throw StoreFailure.damagedRecord("a row of earlier_feed") }
      try add(item, to: &draft)
      draft.earlier = run.position
    }
    guard runs.count < Self.rows else { return }
    try add(RecordLiterals.live(at: now), to: &draft)
    draft.earlier = RecordSeal.allEarlier
  }

  /// The feed and the changes of the waiting lists, merged. The feed is read first: a change that is committed meanwhile
  /// stands behind what was read.
  private mutating func addLive(
    to draft: inout Draft, through former: RecordEnds?
  ) throws(StoreFailure) {
    var runs = try reads.feed(after: draft.feed, limit: Self.rows)
    if let former { runs.removeAll { $0.position > former.feed } }
    let end = runs.last?.position ?? draft.feed
    var changes = try reads.waiting(after: draft.waiting, through: end, limit: Self.rows)
    if let former { changes.removeAll { $0.position > former.waiting } }
    if changes.count == Self.rows, let last = changes.last {
      // There may be more changes before a later run.
      runs.removeAll { $0.position - $0.count >= last.afterFeed }
    }
    var rest = changes[...]
    for run in runs {
      try addChanges(&rest, to: &draft, before: run.position - run.count)
      guard !draft.isFull else { return }
      guard run.position - run.count == draft.feed, let item = run.item else {
        throw StoreFailure.damagedRecord("a row of the feed behind \(draft.feed)")
      }
      try add(item, to: &draft)
      draft.feed = run.position
    }
    try addChanges(&rest, to: &draft, before: .max)
  }

  /// Adds the changes that stand at or before a position of the feed.
  private mutating func addChanges(
    _ rest: inout ArraySlice<WaitingRow>, to draft: inout Draft, before position: Int64
  ) throws(StoreFailure) {
    while let change = rest.first, change.afterFeed <= position, !draft.isFull {
      try add(.waiting(last: change.position, count: 1), to: &draft)
      draft.waiting = change.position
      rest.removeFirst()
    }
  }

  private mutating func add(_ item: RecordItem, to draft: inout Draft) throws(StoreFailure) {
    try reads.entries(of: item, from: draft.chain.size + 1, &writer) { entry, _ in draft.chain.add(entry) }
    if let joined = draft.items.last?.joined(with: item) {
      draft.items[draft.items.count - 1] = joined
    } else {
      draft.items.append(item)
    }
  }
}
