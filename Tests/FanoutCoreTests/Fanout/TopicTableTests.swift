import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite struct TopicTableTests {
  @Test("a topic is found by id and by index while it is held")
  func openAndClose() {
    var table = TopicTable()
    let five = table.open(TopicID(5), limits: Limits())
    let six = table.open(TopicID(6), limits: Limits())
    #expect(five != six)
    #expect(table.count == 2)
    #expect(table.index(of: TopicID(6)) == six)
    #expect(table[five].id == TopicID(5))
    table[six].subscribers = 3
    #expect(table[six].subscribers == 3)
    table.close(five)
    #expect(table.contains(five) == false)
    #expect(table.index(of: TopicID(5)) == nil)
    #expect(table.contains(six) == true)
    table.close(five)
    #expect(table.count == 1)
  }

  @Test("an index that is used again belongs to the new topic alone")
  func reuse() {
    var table = TopicTable()
    let index = table.open(TopicID(5), limits: Limits())
    table.close(index)
    #expect(table.open(TopicID(9), limits: Limits()) == index)
    #expect(table.index(of: TopicID(5)) == nil)
    #expect(table.index(of: TopicID(9)) == index)
    #expect(!table[index].isLive)
  }

  @Test("a live topic can be changed in place")
  func live() {
    var table = TopicTable()
    let index = table.open(TopicID(5), limits: Limits())
    table[index].grant(FakeTopics.summary(TopicID(5), 3), limits: Limits())
    table[index].live.summary = FakeTopics.summary(TopicID(5), 4)
    #expect(table[index].live.head == 4)
    #expect(table[index].isLive)
  }
}
