// How many watch each event, summed over loops, audiences and nodes, and what is to be said of it. Every subscription counts,
// on WebSockets and event streams, with a token or without. A value; one thread at a time.
import ControlPlane
import FanoutCore

struct ViewerCounts {
  /// Events of one round; what else has changed waits for the next one. It bounds the work of a round, on the loops, too.
  static let eventsPerRound = 4_096

  /// The numbers of the loops that are not 0, by topic.
  private var numbers: [[TopicID: Int]]
  /// The sums of this server's that are not 0.
  private var totals: [EventID: Int] = [:]
  /// What is not 0 of other nodes'.
  private var elsewhere: [EventID: Int] = [:]
  /// Events of which other nodes have not been told the sum; nil: there are none.
  private var unshared: Set<EventID>?
  /// What was said last, where it was not 0.
  private var told: [EventID: Int] = [:]
  /// Events whose number has changed, each once, in order of change.
  private var changed: [EventID] = []
  private var isChanged: Set<EventID> = []
  /// Topics that have viewers on a loop where nobody was told a number yet.
  private var untold: [Set<TopicID>]

  init(loops: Int, hasNodes: Bool = false) {
    unshared = hasNodes ? [] : nil
    numbers = Array(repeating: [:], count: loops)
    untold = Array(repeating: [], count: loops)
  }

  /// The events that are kept in mind.
  var count: Int { max(totals.count, told.count) }

  /// - Parameter changes: for each loop the topics whose number has changed, and that number.
  mutating func take(_ changes: [[TopicID: SubscriberCount]]) {
    for (loop, changes) in changes.enumerated() {
      // In an order that does not differ between two runs of a simulation.
      for (topic, count) in changes.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
        // While nobody subscribed there the loop was told nothing, so what it would tell is old.
        let isUntold = count.isUntold || numbers[loop][topic] == nil
        take(count.subscribers, of: topic, on: loop)
        if count.subscribers == 0 {
          untold[loop].remove(topic)
        } else if isUntold {
          untold[loop].insert(topic)
        }
      }
    }
  }

  /// - Parameter changes: how many watch through other nodes, where that has changed.
  mutating func take(elsewhere changes: [EventID: Int]) {
    for (event, count) in changes.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      elsewhere[event] = count == 0 ? nil : count
      if totals[event] != nil { note(event) }
    }
  }

  /// What other nodes are to be told: this server's sums that have changed since the last call.
  mutating func takeShared() -> [EventID: Int] {
    guard let events = unshared else { return [:] }
    unshared = []
    return Dictionary(uniqueKeysWithValues: events.map { ($0, totals[$0] ?? 0) })
  }

  private mutating func note(_ event: EventID) {
    if isChanged.insert(event).inserted { changed.append(event) }
  }

  private mutating func take(_ number: Int, of topic: TopicID, on loop: Int) {
    let event = EventID(topic)
    let total = (totals[event] ?? 0) + number - (numbers[loop][topic] ?? 0)
    assert(total >= 0, "an event has no fewer viewers than none")
    numbers[loop][topic] = number == 0 ? nil : number
    totals[event] = total == 0 ? nil : total
    unshared?.insert(event)
    note(event)
  }

  /// What is to be said, for each loop: the number of every event of this round, where it is news.
  mutating func round(_ text: (EventID, Int) -> [UInt8]) -> [[TopicText]] {
    var texts = [[TopicText]](repeating: [], count: numbers.count)
    var events = 0
    var place = 0
    while place < changed.count, events < Self.eventsPerRound {
      let event = changed[place]
      place += 1
      isChanged.remove(event)
      let total = totals[event].map { $0 + (elsewhere[event] ?? 0) }
      let isNews = total != told[event]
      told[event] = total
      guard let total else { continue }
      if say(text(event, total), of: event, toAll: isNews, in: &texts) { events += 1 }
    }
    changed.removeFirst(place)
    return texts
  }

  /// Where anybody subscribes to one of the event's topics, or, when it is no news to all, where nobody was told yet.
  /// - Returns: whether it is said anywhere.
  private mutating func say(
    _ text: @autoclosure () -> [UInt8], of event: EventID, toAll isNews: Bool, in texts: inout [[TopicText]]
  ) -> Bool {
    var said: [UInt8]?
    for audience in Audience.allCases {
      let topic = TopicID(event, for: audience)
      var encoded: TopicText?
      for loop in numbers.indices where numbers[loop][topic] != nil {
        let isUntold = untold[loop].remove(topic) != nil
        guard isNews || isUntold else { continue }
        let bytes = said ?? text()
        said = bytes
        let whole = encoded ?? TopicText(topic: topic, text: bytes)
        encoded = whole
        texts[loop].append(whole)
      }
    }
    return said != nil
  }
}
