import Testing

@testable import FanoutCore

@Suite struct PassMarksTests {
  private let toWire = HistogramCells(bounds: [100, 200])
  private let toLast = HistogramCells(bounds: [100, 200])

  @Test("a batch is finished when every cohort that there was has been visited")
  func visits() {
    var marks = PassMarks()
    marks.append(notices: 2, committedAt: 1_000, cohorts: 2)
    #expect(marks.hasUnbegun)
    marks.begin(at: 1_050, toWire)
    #expect(!marks.hasUnbegun)
    #expect(toWire.read().counts == [2, 0, 0])
    marks.visited()
    #expect(!marks.hasFinished(isOver: false))
    // A batch that comes in the middle is finished one round later, and the first does not wait for it.
    marks.append(notices: 1, committedAt: 1_060, cohorts: 2)
    marks.visited()
    #expect(marks.hasFinished(isOver: false))
    marks.finish(isOver: false, at: 1_150, toLast)
    #expect(toLast.read().counts == [0, 2, 0] && marks.count == 1 && marks.hasUnbegun)
    marks.begin(at: 1_160, toWire)
    marks.finish(isOver: true, at: 1_360, toLast)
    #expect(toLast.read().counts == [0, 2, 1] && marks.count == 0)
  }

  @Test("a cohort that joins meanwhile is waited for")
  func joining() {
    var marks = PassMarks()
    marks.append(notices: 1, committedAt: 1_000, cohorts: 1)
    marks.cohortAdded()
    marks.visited()
    #expect(!marks.hasFinished(isOver: false))
    marks.visited()
    #expect(marks.hasFinished(isOver: false))
  }

  @Test("what was sent to nobody, or has no time or no readers, is not counted")
  func nothing() {
    var marks = PassMarks()
    marks.append(notices: 1, committedAt: 0, cohorts: 3)
    marks.append(notices: 1, committedAt: 1_000, cohorts: 0)
    #expect(marks.count == 0)
    marks.append(notices: 1, committedAt: 1_000, cohorts: 3)
    marks.finish(isOver: true, at: 2_000, toLast)
    #expect(marks.count == 0 && toLast.read().count == 0 && toWire.read().count == 0)
  }

  @Test("a clock that seems to go back gives no huge times")
  func skew() {
    var marks = PassMarks()
    marks.append(notices: 1, committedAt: 5_000, cohorts: 1)
    marks.begin(at: 4_000, toWire)
    #expect(toWire.read().sum == 0)
  }

  @Test("marks are bounded: further batches join the newest, and none is lost")
  func bound() {
    var marks = PassMarks()
    for batch in 0..<PassMarks.limit + 10 {
      marks.append(notices: 1, committedAt: UInt64(1 + batch), cohorts: 1)
    }
    #expect(marks.count == PassMarks.limit)
    marks.begin(at: 50, toWire)
    marks.finish(isOver: true, at: 60, toLast)
    #expect(toLast.read().count == UInt64(PassMarks.limit + 10))
  }

  @Test("batches that join a mark of which something was sent are counted at the wire, too, and only once")
  func joined() {
    var marks = PassMarks()
    for batch in 0..<PassMarks.limit {
      marks.append(notices: 1, committedAt: UInt64(1 + batch), cohorts: 2)
    }
    marks.begin(at: 90, toWire)
    #expect(toWire.read().count == UInt64(PassMarks.limit) && !marks.hasUnbegun)
    marks.append(notices: 3, committedAt: 95, cohorts: 2)
    marks.append(notices: 2, committedAt: 96, cohorts: 2)
    #expect(marks.count == PassMarks.limit && marks.hasUnbegun)
    marks.begin(at: 100, toWire)
    marks.begin(at: 101, toWire)
    #expect(toWire.read().count == UInt64(PassMarks.limit + 5))
    marks.append(notices: 7, committedAt: 102, cohorts: 2)
    // What no cohort was sent is counted nowhere.
    marks.finish(isOver: true, at: 110, toLast)
    #expect(toLast.read().count == UInt64(PassMarks.limit + 5) && marks.count == 0)
  }
}
