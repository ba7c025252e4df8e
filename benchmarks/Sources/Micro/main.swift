// Micro - times the pieces of seatcast by themselves, one after the other, in one process.
//
// Method. A piece is called in a batch that is long enough to last 50 ms; its time divided by its operations is
// one sample. Samples are interleaved over the pieces (A B C, A B C, ...), so that a slow moment of the machine
// falls on all of them; printed are median, least and greatest. Every result of every operation is read and
// checked, and a wrong one ends the run without a figure. Inputs pass a barrier that the compiler cannot see
// through, and the pieces live in other modules and are called, not inlined: a figure includes a call, some 1 to
// 2 ns. Time is wall time. The same input comes again and again, so caches are warm and branches well predicted:
// read a figure as the least that a piece costs in the server. `allocations` are the calling thread's per operation.
//
// Build: swift build -c release --package-path benchmarks -Xswiftc -enable-testing --product Micro

import Glibc

let options = Options(Array(CommandLine.arguments.dropFirst()))
let pieces =
  (FramePieces.all + HTTPPieces.all + TokenPieces.all + BookingPieces.all + LedgerPieces.all
  + FanoutPieces.all + CompressionPieces.all
  + MailboxPieces.all + RecordPieces.all + PostgresPieces.all).filter(options.wants)

if pieces.isEmpty { fail("No piece has this in its name; --list names them.") }
if options.onlyLists {
  for piece in pieces { print("\(piece.name): \(piece.operation)") }
} else {
  var measurements = pieces.map(Measurement.init)
  for _ in 0..<options.samples {
    for index in measurements.indices { measurements[index].sample() }
  }
  for measurement in measurements { print(measurement.line) }
}
