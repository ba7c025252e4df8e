// Numbers of events as paths and messages write them.

extension EventID {
  /// A positive identifier in canonical form.
  public init?(decimal text: ArraySlice<UInt8>) {
    guard let id = Decimal.identifier(text) else { return nil }
    self.init(id)
  }
}
