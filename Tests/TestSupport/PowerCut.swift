// Takes from the folder of a killed server what its syncs have not made sure of (Tests/CPowerCut): pages, sizes and names, each by
// a seed. What is left is a folder on which a server must be able to go on. The thread of the test.
import Glibc

/// One data folder in memory, and what is surely stored of it.
public final class PowerCut {
  public let folder: TemporaryFolder
  private let store: MemoryFolder
  private let liesAboutSyncs: Bool

  /// - Parameter liesAboutSyncs: a planted fault: the server's syncs succeed and store nothing.
  public init(liesAboutSyncs: Bool = false) throws {
    // The names that the server makes are told by inode, which memory does not use again.
    folder = TemporaryFolder(taking: try MemoryFolder.make())
    store = try MemoryFolder()
    self.liesAboutSyncs = liesAboutSyncs
  }

  /// What a server needs so that its syncs are noticed.
  public func environment() throws -> [String: String] {
    var variables = [
      "LD_PRELOAD": try ServerProcess.built("libPowerCut.so"), "POWER_CUT_FOLDER": folder.path,
      "POWER_CUT_STORE": store.path,
      // The sanitizer would rather be the first library.
      "ASAN_OPTIONS": (environmentVariable("ASAN_OPTIONS") ?? "")
        + ":quarantine_size_mb=8:verify_asan_link_order=0",
    ]
    if liesAboutSyncs { variables["POWER_CUT_LIES"] = "1" }
    return variables
  }

  private static let page = 4096
  private static let sector = 512

  /// What a crash makes of what was not synced.
  private enum Temper: CaseIterable { case nothing, everything, anything }

  /// Whether a cut of this seed leaves only what is surely stored.
  public static func leavesNothing(seed: UInt64) -> Bool {
    var random = SeededRandom(seed: seed)
    return Temper.allCases.randomElement(using: &random) == .nothing
  }

  /// The power fails. The server must be dead, and no longer have the folder open.
  public func strike(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let temper = Temper.allCases.randomElement(using: &random) ?? .nothing
    let (present, stored) = (try presentFiles(), storedNames())
    var left: [(name: String, bytes: [UInt8])] = []
    for name in Set(present.keys).union(stored.keys).sorted() where !name.hasSuffix("-shm") {
      let file = choose(present[name], stored[name], temper, &random)
      guard let file else { continue }
      let cached = present.first { $0.value == file }.flatMap { contents(of: "\(folder.path)/\($0.key)") }
      let kept = contents(of: "\(store.path)/\(file)") ?? []
      left.append((name, mix(kept, cached ?? kept, temper, &random)))
    }
    try replace(with: left)
  }

  private func choose<File>(
    _ present: File?, _ stored: File?, _ temper: Temper, _ random: inout SeededRandom
  ) -> File? {
    switch temper {
    case .nothing: stored
    case .everything: present
    case .anything: Bool.random(using: &random) ? present : stored
    }
  }

  /// - Parameters:
  ///   - kept: what is surely stored.
  ///   - cached: what the kernel shows.
  private func mix(
    _ kept: [UInt8], _ cached: [UInt8], _ temper: Temper, _ random: inout SeededRandom
  ) -> [UInt8] {
    if temper == .nothing { return kept }
    let isCut = temper == .anything && Bool.random(using: &random)
    var bytes = cached
    if isCut { bytes = Array(cached.prefix(kept.count)) }
    if bytes.count < kept.count, !isCut, temper == .anything { bytes += kept[bytes.count...] }
    let starts = stride(from: 0, to: bytes.count, by: Self.page)
    let torn = starts.reversed().first { start in
      let range = start..<min(start + Self.page, bytes.count)
      return range.upperBound > kept.count || bytes[range] != kept[range]
    }
    for start in starts {
      let end = min(start + Self.page, bytes.count)
      let loses = temper == .anything ? Bool.random(using: &random) : start == torn
      guard loses else { continue }
      // Of the last page a few sectors are new, of others none.
      let new = start == torn ? Int.random(in: 1...7, using: &random) * Self.sector : 0
      for index in min(start + new, end)..<end { bytes[index] = index < kept.count ? kept[index] : 0 }
    }
    return bytes
  }

  // MARK: Files

  private func presentFiles() throws -> [String: UInt64] {
    var files: [String: UInt64] = [:]
    for name in names(in: folder.path) {
      var status = stat()
      guard unsafe lstat("\(folder.path)/\(name)", &status) == 0 else { continue }
      if status.st_mode & S_IFMT == S_IFREG { files[name] = UInt64(status.st_ino) }
    }
    return files
  }

  private func storedNames() -> [String: UInt64] {
    let text = String(decoding: contents(of: store.path + "/names") ?? [], as: UTF8.self)
    var stored: [String: UInt64] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 1)
      if words.count == 2, let file = UInt64(words[0]) { stored[String(words[1])] = file }
    }
    return stored
  }

  /// Everything in the folder is another file, and surely stored.
  private func replace(with left: [(name: String, bytes: [UInt8])]) throws {
    for name in names(in: folder.path) { removeTree("\(folder.path)/\(name)") }
    for name in names(in: store.path) { removeTree("\(store.path)/\(name)") }
    for (name, bytes) in left { try put(bytes, at: "\(folder.path)/\(name)") }
    let present = try presentFiles()
    for (name, bytes) in left { try put(bytes, at: "\(store.path)/\(present[name] ?? 0)") }
    try put(present.map { "\($0.value) \($0.key)\n" }.joined(), at: store.path + "/names")
  }
}
