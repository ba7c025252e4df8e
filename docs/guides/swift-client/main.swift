// Watches an event, books two seats of it, sees the count change, and gives the seats back.
import SeatcastClient

let words = CommandLine.arguments
guard words.count == 5, let id = Int(words[2]) else {
  fatalError("usage: swift-client-example URL EVENT EMAIL PASSWORD")
}

let client = try SeatcastClient(words[1])
try await client.logIn(email: words[3], password: words[4])
let event = client.event(id)
print("\(try await event.details().name) at \(client.server)")

var booking: Booking?
for try await now in event.snapshots {
  print("\(now.count.availableSeats) seats left")
  if let seq = booking?.seq {
    if now.seq >= seq { break }
  } else {
    booking = try await event.book(2)
    print("booked 2 seats")
  }
}
if let booking { print(try await client.cancel(booking.bookingID).status) }
