// The command line: --filter WORD, --samples N, --list.
import Glibc

struct Options {
  private(set) var filter = ""
  private(set) var samples = 7
  private(set) var onlyLists = false

  private static let usage = """
    usage: Micro [--filter WORD] [--samples N] [--list]
      --filter WORD  only pieces with this in their name
      --samples N    samples of each piece, 50 ms or more each (7)
      --list         name the pieces and end
    """

  /// Ends the process when `arguments` are not understood.
  init(_ arguments: [String]) {
    var rest = arguments[...]
    while let flag = rest.popFirst() {
      switch flag {
      case "--list": onlyLists = true
      case "--filter": filter = Self.value(&rest)
      case "--samples":
        guard let number = Int(Self.value(&rest)), (1...1_000).contains(number) else { Self.refuse() }
        samples = number
      default: Self.refuse()
      }
    }
  }

  func wants(_ piece: Piece) -> Bool { filter.isEmpty || piece.name.contains(filter) }

  private static func value(_ rest: inout ArraySlice<String>) -> String {
    guard let value = rest.popFirst() else { refuse() }
    return value
  }

  private static func refuse() -> Never {
    complain(usage)
    exit(64)
  }
}
