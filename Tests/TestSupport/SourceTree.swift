/// The checkout that the tests were built from.
public enum SourceTree {
  /// Its folder, without a slash at the end.
  public static let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
}
