// How many watch each event, summed over loops and audiences, and what is to be said of it. Every subscription counts,
// on WebSockets and event streams, with a token or without. A value; one thread at a time.
import ControlPlane
import FanoutCore

struct ViewerCounts {
  /// Events of one round; what else has changed waits for the next one. It bounds the work of a round, on the loops, too.
  static let eventsPerRound = 4_096

  /// The numbers of the loops that are not 0, by topic.
  private var numbers: [[TopicID: Int]]
  /// The sums that are not 0.
  private var totals: [EventID: Int] = [:]
  /// What was said last, where it was not 0.
  private var told: [EventID: Int] = [:]
  /// Events whose number has changed, each once, in order of change.
  private var changed: [EventID] = []
  private var isChanged: Set<EventID> = []

  init(loops: Int) { numbers = Array(repeating: [:], count: loops) }

  /// The events that are kept in mind.
  var count: Int { max(totals.count, told.count) }

  /// - Parameter changes: for each loop the topics whose number has changed, and that number.
  mutating func take(_ changes: [[TopicID: Int]]) {
    for (loop, changes) in changes.enumerated() {
      // In an order that does not differ between two runs of a simulation.
      for (topic, number) in changes.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
        take(number, of: topic, on: loop)
      }
    }
  }

  private mutating func take(_ number: Int, of topic: TopicID, on loop: Int) {
    let event = EventID(topic)
    let total = (totals[event] ?? 0) + number - (numbers[loop][topic] ?? 0)
    assert(total >= 0, "an event has no fewer viewers than none")
    numbers[loop][topic] = number == 0 ? nil : number
    totals[event] = total == 0 ? nil : total
    if isChanged.insert(event).inserted { changed.append(event) }
  }

  /// What is to be said, for each loop: the new number of every event of this round, where it has changed.
  mutating func round(_ text: (EventID, Int) -> [UInt8]) -> [[TopicText]] {
    var texts = [[TopicText]](repeating: [], count: numbers.count)
    var events = 0
    var place = 0
    while place < changed.count, events < Self.eventsPerRound {
      let event = changed[place]
      place += 1
      isChanged.remove(event)
      guard totals[event] != told[event] else { continue }
      told[event] = totals[event]
      events += 1
      if let total = totals[event] { say(text(event, total), of: event, in: &texts) }
    }
    changed.removeFirst(place)
    return texts
  }

  /// Where anybody subscribes to one of the event's topics.
  private func say(_ text: [UInt8], of event: EventID, in texts: inout [[TopicText]]) {
    for audience in Audience.allCases {
      let topic = TopicID(event, for: audience)
      let loops = numbers.indices.filter { numbers[$0][topic] != nil }
      guard !loops.isEmpty else { continue }
      let encoded = TopicText(topic: topic, text: text)
      for loop in loops { texts[loop].append(encoded) }
    }
  }
}
