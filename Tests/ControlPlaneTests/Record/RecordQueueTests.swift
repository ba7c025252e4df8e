import TestSupport
import Testing

@testable import ControlPlane

@Suite("RecordQueue")
struct RecordQueueTests {
  private func entry(_ place: Int64, _ quantity: Int64, type: Int64? = nil) -> RecordQueue.Entry {
    RecordQueue.Entry(place: place, user: "user \(place)", quantity: quantity, type: type)
  }

  @Test("The first of those who could be served is the one that a look at everybody finds")
  func matchesModel() {
    var random = SeededRandom(seed: 12)
    for _ in 0..<30 {
      var (queue, all): (RecordQueue, [RecordQueue.Entry]) = (RecordQueue(), [])
      for place in 1...Int64(200) {
        let type = [nil, 1, 2][Int.random(in: 0..<3, using: &random)] as Int64?
        all.append(entry(place, Int64.random(in: 1...12, using: &random), type: type))
        #expect(queue.add(all[all.count - 1]) == true)
        if Int.random(in: 0..<3, using: &random) > 0 {
          let gone = all.remove(at: Int.random(in: 0..<all.count, using: &random))
          #expect(queue.remove(gone.place)?.user == gone.user)
          #expect(queue.remove(gone.place) == nil)
        }
        for wanted in [nil, 1, 2, 3] as [Int64?] {
          for orAny in [true, false] {
            let seats = Int64.random(in: 0...13, using: &random)
            let expected = all.first { entry in
              entry.quantity <= seats && (entry.type == wanted || orAny && entry.type == nil)
            }
            #expect(queue.first(wanting: seats, ofType: wanted, orAny: orAny) == expected?.place)
          }
        }
      }
    }
  }

  @Test("Nobody waits twice, and whoever left may wait again")
  func twice() {
    var queue = RecordQueue()
    let user = { (place: Int64) in RecordQueue.Entry(place: place, user: "one", quantity: .max, type: nil) }
    #expect(queue.add(user(1)) == true)
    #expect(queue.add(user(2)) == false)
    #expect(queue.first(wanting: .max - 1, ofType: nil, orAny: false) == nil)
    #expect(queue.first(wanting: .max, ofType: nil, orAny: false) == 1)
    #expect(queue.remove(1)?.place == 1)
    #expect(queue.first(wanting: .max, ofType: nil, orAny: false) == nil, "nobody wants anything any more")
    #expect(queue.add(user(3)) == true)
    #expect(queue.first(wanting: .max, ofType: nil, orAny: false) == 3)
    #expect(queue.first(wanting: -1, ofType: nil, orAny: false) == nil)
  }

  // A look at every wish for each of them would take minutes.
  @Test("A record with as many wishes as entries is replayed like any other")
  func hostile() {
    var queue = RecordQueue()
    let count = Int64(40_000)
    for place in 1...count { _ = queue.add(entry(place, count + 1 - place)) }
    for place in 1...count {
      #expect(queue.first(wanting: count + 1 - place, ofType: nil, orAny: true) == place)
      #expect(
        queue.first(wanting: count - place, ofType: nil, orAny: true) == (place < count ? place + 1 : nil))
      _ = queue.remove(place)
    }
  }
}
