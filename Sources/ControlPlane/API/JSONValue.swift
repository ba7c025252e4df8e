// A parsed JSON document (RFC 8259) as a value. Objects have no two members of the same name: StrictJSON
// refuses them. A member name is looked up in constant time, so a hostile body costs no more than its length.

enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  /// A number written without fraction and exponent that fits 64 bits.
  case integer(Int64)
  /// Any other finite number.
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// The members when this is an object.
  var members: [String: JSONValue]? {
    if case .object(let members) = self { members } else { nil }
  }

  /// The text when this is a string.
  var text: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// The whole number when this is one: `7` and, as JSON knows only one kind of number, `7.0`.
  var whole: Int64? {
    switch self {
    case .integer(let value): value
    case .number(let value): Int64(exactly: value)
    default: nil
    }
  }
}

/// A path to a value inside a document (RFC 6901), for `errors[]` in problem documents.
struct JSONPointer: Sendable, Equatable {
  private(set) var text = ""

  static let root = JSONPointer()

  func appending(_ member: String) -> JSONPointer {
    var next = self
    next.text += "/"
    for scalar in member.unicodeScalars {
      switch scalar {
      case "~": next.text += "~0"
      case "/": next.text += "~1"
      default: next.text.unicodeScalars.append(scalar)
      }
    }
    return next
  }
}
