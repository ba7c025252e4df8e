import FanoutCore
import TestSupport
import Testing

@testable import seatcast

@Suite("TakeOverMessage")
struct TakeOverMessageTests {
  private var all: [TakeOverMessage] {
    let hello = TakeOverMessage.Hello(
      versions: 1...3, program: "0.2.0", process: 77, folder: FolderIdentity(device: 1, number: .max),
      loops: 4,
      room: 20_000, sharesTable: false, setup: .init(url: "http://[::1]:80", apart: "http://127.0.0.1:9"),
      base: "/somewhere/take-over.77")
    let welcome = TakeOverMessage.Welcome(
      version: 1, program: "0.1.0", process: 5, loops: 2, listeners: 3, listenersAreShared: true,
      connections: [1, 2, 3])
    return [
      .hello(hello), .welcome(welcome), .refused("No."), .listeners, .begin, .memory([1, 2]), .memory([]),
      .passed(9, kept: 2, since: 7), .ready(9), .yours, .serving,
      .late([
        .withdraw(client: 1, .tokenExpired, reason: "logged out"), .end(Credential(3), at: -4),
        .tell(client: .max, [5]),
      ]), .late([]),
    ]
  }

  @Test("Every message is read as it was written")
  func roundTrip() {
    for message in all { #expect(TakeOverMessage(message.bytes) == message) }
  }

  @Test("A field of a later version is passed over; an essential one, or a broken message, is refused")
  func unknown() {
    var (extra, essential) = (FieldWriter(), FieldWriter())
    extra.add(99, "new")
    essential.add(199, "new")
    for message in all {
      #expect(TakeOverMessage(message.bytes + extra.bytes) == message)
      #expect(TakeOverMessage(message.bytes + essential.bytes) == nil)
      #expect(TakeOverMessage(message.bytes + [1]) == nil)
    }
    #expect(TakeOverMessage([]) == nil)
    #expect(TakeOverMessage(extra.bytes) == nil)
  }
}
