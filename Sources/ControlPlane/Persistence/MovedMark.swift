// Says in a data folder that its database lives on in PostgreSQL (`seatcast migrate`), so that no server sells the same seats from
// what was left behind. A value; written and read by who has the folder's lock.

struct MovedMark: Equatable {
  /// Beside the database.
  static let fileName = "moved"

  /// False: the move was begun, and may have been finished right before whoever did it was ended.
  var isDone: Bool
  /// Where to, without a password.
  var target: String

  /// nil: there is none.
  static func read(_ folder: DataFolder) throws(StartFailure) -> MovedMark? {
    guard let bytes = try folder.read(fileName) else { return nil }
    let lines = String(decoding: bytes, as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false)
    return MovedMark(
      isDone: lines.first != Substring(begun), target: lines.dropFirst().first.map(String.init) ?? "")
  }

  func keep(in folder: DataFolder) throws(StartFailure) {
    try folder.write(Self.fileName, Array("\(isDone ? Self.done : Self.begun)\n\(target)\n".utf8))
  }

  /// Takes effect at once; after a power cut the mark may be back.
  static func remove(from folder: DataFolder) throws(StartFailure) {
    try RecordKey.remove(fileName, in: folder)
  }

  private static let begun = "begun"
  private static let done = "done"

  /// Why nothing is sold from this folder.
  func refusal(_ folder: DataFolder) -> StartFailure {
    let file = "\(folder.path)/\(Self.fileName)"
    return StartFailure(
      isDone
        ? "the database of the data folder \(folder.path) was moved to \(target); give that as --store, or, if nothing was"
          + " ever sold there, remove \(file) to go on with this one"
        : "a move of the database of the data folder \(folder.path) to \(target) was begun, and may be finished: run"
          + " 'seatcast migrate' again, or, if nothing was ever sold there, remove \(file) to go on with this one"
    )
  }
}
