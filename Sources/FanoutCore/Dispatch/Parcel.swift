/// What other threads send to a loop. A batch makes one parcel per loop, whatever the number of subscribers.
enum Parcel: Sendable {
  /// New frames of one batch, for the topics that the loop holds.
  case updates([FrameRun])
  /// The answer to `TopicSource.open`; nil: there is no such topic.
  case grant(TopicID, TopicSummary?)
  case replies([(ticket: Ticket, response: HTTPResponse)])
  case history(History, Ticket)
  /// The topic is no more: its subscriptions end once they have been sent what was published.
  case withdraw(TopicID)
  /// Close all connections of a client.
  case withdrawClient(UInt64, CloseCode, reason: String)
  /// What was admitted by this credential ends at this wall-clock time, in milliseconds since 1970.
  case endCredential(Credential, at: Int64)
  /// Send a text to the WebSockets of a client.
  case tellClient(UInt64, [UInt8])
  /// Send a text to all subscribers of each of these topics, in place of the one before it.
  case tellTopics([TopicText])
  /// Other limits hold from now on, and the field lines of every answer may be others.
  case settings(AdmissionLimits)
  /// Tell what the loop has of some topics.
  case inspect(Inspection)
  /// Others hold the listeners, too.
  case shareListeners
  /// Close the listener; answers from now on end their connections.
  case stopAccepting
  /// Tell every client to come back later, close its connection, and end the loop.
  case closeAll
  /// Send some connections ahead to another process, and serve on.
  case passAhead(HandoverTask)
  /// Hand the connections to another process.
  case handOver(HandoverTask)
}
