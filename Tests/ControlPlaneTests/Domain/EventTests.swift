import Testing

@testable import ControlPlane

@Suite("Event")
struct EventTests {
  @Test("a tag is read back from its text")
  func tagRoundTrip() throws {
    let tag = EventTag(version: 3, seq: 17)
    #expect(tag.text == "3.17")
    #expect(EventTag(tag.text) == tag)
  }

  @Test(
    "what is not the text of a tag is no tag",
    arguments: [
      "", ".", "3", "3.", ".17", "3.17.1", "03.17", "+3.17", "-3.17", "3.x", "18446744073709551616.1",
    ])
  func foreignTags(_ text: String) { #expect(EventTag(text) == nil) }

  @Test("what is neither sold nor held is free")
  func availableSeats() {
    var event = Event.sample(capacity: 50)
    (event.sold, event.held, event.seq) = (30, 5, 9)
    #expect(event.availableSeats == 15)
    #expect(
      event.state == EventState(event: event.id, seq: 9, availableSeats: 15, seatCapacity: 50))
  }
}
