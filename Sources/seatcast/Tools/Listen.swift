// `seatcast listen`: prints what happens to an event until it is stopped. Exit status 0 after Ctrl-C, 1 when the server
// refuses or the event does not exist, 69 when TLS fails; a server that cannot be reached is asked again for ever.
import Glibc
import SeatcastClient

enum Listen {
  static func run(_ settings: Settings) throws -> Int32 {
    let access = try ToolAccess(settings)
    guard let event = try settings.number(.event, in: 1...Int.max) else {
      throw UsageError("'seatcast listen' needs --event. Try 'seatcast listen --help'.")
    }
    let isTerminal = Terminal.isTerminal(STDOUT_FILENO)
    let printer = ListenPrinter(
      style: .standardOutput, isJSON: settings.has(.json) || !isTerminal)
    return try Foreground.run {
      do {
        try await access.client().runFeed(of: event) { text in
          Self.print(printer.line(forMessage: text))
        } _: { told in
          Self.print(printer.line(for: told))
        }
      } catch let error as ClientError {
        throw AdminError(error)
      }
      return 0
    }
  }

  private static func print(_ line: String?) {
    if let line { StandardOutput.write(line) }
  }
}
