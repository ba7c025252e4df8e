// What a worker does with the requests that it takes: each is routed and answered or becomes a command, and the
// commands and the replies of all of them leave together, with one wake-up each. Bookings that the last commit rules out
// are refused here (EarlyRefusals).
// Workers' threads, several at once; it has no state.

struct RequestWorker: Sendable {
  let handler: any RequestHandler
  let ledger: any CommandSink
  let encoder: any OutcomeEncoder
  let replies: any ReplySink
  let refusals: EarlyRefusals
  /// After this time a worker gives back what it has not begun, so that nothing waits behind slow reads while another
  /// worker is free; nil: never.
  let patience: Duration?

  /// Requests that a worker takes at once.
  static let most = 64
  static let patience = Duration.microseconds(500)

  /// - Returns: how many of the requests were done, from the front; at least one.
  func work(_ requests: [Request], _ reads: any ReadStore) -> Int {
    var commands: [LedgerCommand] = []
    var refused: [Settlement] = []
    var reasons = RefusalCounts()
    var answered: [TicketedReply] = []
    let begun = ContinuousClock.now
    var done = 0
    for request in requests {
      switch handler.handle(request, reads: reads) {
      case .reply(let reply): answered.append((request.ticket, reply))
      case .command(let command):
        if let refusal = refusals.refusal(of: command), let settlement = command.settlement(failing: refusal)
        {
          refused.append(settlement)
          reasons.add(RefusalReason(refusal))
        } else {
          commands.append(command)
        }
      case .later: break
      }
      done += 1
      if let patience, done < requests.count, begun.duration(to: .now) > patience { break }
    }
    if !commands.isEmpty {
      let taken = ledger.submit(contentsOf: commands)
      if taken < commands.count {
        encoder.append(commands[taken...].compactMap { $0.settlement(failing: .overloaded) }, to: &answered)
      }
    }
    if !refused.isEmpty {
      refusals.metrics.addRefusals(reasons)
      encoder.append(refused, to: &answered)
    }
    if !answered.isEmpty { replies.deliver(answered) }
    return done
  }
}
