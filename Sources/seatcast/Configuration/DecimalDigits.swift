// Whole numbers as people and machines write them in settings and addresses. Pure.

extension StringProtocol {
  /// What digits alone say; nil: there is a sign, a blank or anything else, or the number is too large.
  var decimal: Int? {
    !isEmpty && utf8.allSatisfy { $0 &- UInt8(ascii: "0") < 10 } ? Int(self) : nil
  }
}
