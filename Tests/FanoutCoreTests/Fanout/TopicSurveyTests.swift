import Testing

@testable import FanoutCore

@Suite struct TopicSurveyTests {
  @Test("a survey looks at a bounded number of places and tells the largest topics, largest first")
  func largest() {
    var topics = TopicTable()
    let count = TopicSurvey.placesPerTick + 200
    for number in 1...count {
      let index = topics.open(TopicID(Int64(number)), limits: Limits())
      topics[index].subscribers = number
    }
    var survey = TopicSurvey()
    #expect(survey.advance(topics) == nil)
    let found = survey.advance(topics)
    #expect(found?.count == TopicSurvey.most)
    #expect(found?.map(\.subscribers) == (0..<TopicSurvey.most).map { count - $0 })
  }

  @Test("topics without subscribers are not told, and an empty table has an empty list")
  func empty() {
    var topics = TopicTable()
    var survey = TopicSurvey()
    #expect(survey.advance(topics) == [])
    _ = topics.open(TopicID(1), limits: Limits())
    #expect(survey.advance(topics) == [])
  }

  @Test("a table that has shrunk meanwhile ends the survey")
  func closed() {
    var topics = TopicTable()
    let index = topics.open(TopicID(1), limits: Limits())
    topics[index].subscribers = 2
    topics.close(index)
    var survey = TopicSurvey()
    #expect(survey.advance(topics) == [])
  }
}
