// The schemas of service tokens, of the audit log and of the server's numbers.

extension Schemas {
  private static let scopes =
    #"{"type":"array","minItems":1,"items":{"enum":["feed:read","bookings:confirm"]}}"#
  private static let serviceToken = #"""
    "id":{"type":"integer","minimum":1},"name":{"type":"string"},"scopes":\#(scopes),"createdAt":\#(time),
    "expiresAt":\#(time)
    """#

  static let records: [NamedSchema] = [
    NamedSchema(
      "NewServiceToken",
      #"""
      {"type":"object","required":["name","scopes"],"properties":{
      "name":{"type":"string","minLength":1,"maxLength":100},"scopes":\#(scopes),
      "expiresAt":{"type":["string","null"],"format":"date-time","description":"A year from now, if absent."}},
      "additionalProperties":false}
      """#),
    NamedSchema(
      "ServiceToken",
      #"""
      {"type":"object","required":["id","name","scopes","createdAt","expiresAt"],"properties":{\#(serviceToken)}}
      """#),
    NamedSchema(
      "MintedServiceToken",
      #"""
      {"type":"object","required":["id","name","scopes","createdAt","expiresAt","token"],"properties":{
      \#(serviceToken),"token":{"type":"string"}}}
      """#),
    NamedSchema(
      "ServiceTokenList",
      #"""
      {"type":"object","required":["items"],"properties":{
      "items":{"type":"array","items":{"$ref":"#/components/schemas/ServiceToken"}}}}
      """#),
    NamedSchema(
      "AuditEntry",
      #"""
      {"type":"object","required":["id","at","issuer","subject","address","action","object","detail"],
      "properties":{"id":{"type":"integer","minimum":1},"at":\#(time),"issuer":{"type":["string","null"]},
      "subject":{"type":["string","null"]},"address":{"type":["string","null"]},"action":{"type":"string"},
      "object":{"type":["string","null"]},"detail":{"type":["object","null"]}}}
      """#),
    NamedSchema("AuditPage", page(of: "AuditEntry")),
    NamedSchema("ServerStats", serverStats),
    NamedSchema("Fanout", fanout),
    NamedSchema("Cluster", cluster),
    NamedSchema(
      "EventStakes", counts(["eventId", "sold", "held", "bookings", "holds", "waiting"])),
  ]

  /// An object of counts with these names.
  private static func counts(_ names: [String], _ summary: String = "") -> String {
    let members = names.map { #""\#($0)":\#(count)"# }.joined(separator: ",")
    let required = names.map { #""\#($0)""# }.joined(separator: ",")
    return
      #"{"type":"object","description":"\#(summary)","required":[\#(required)],"properties":{\#(members)}}"#
  }

  private static let totals = [
    "bookings", "cancellations", "confirmations", "expiries", "deliveries", "conflations", "commits",
    "failedCommits", "commands", "refusals", "requests", "overloaded", "connectionsAccepted",
  ]

  private static let countsByName = #"{"type":"object","additionalProperties":\#(count)}"#

  private static let serverStats =
    #"{"type":"object","required":[\#(serverStatsNames)],"properties":{\#(serverStatsMembers)}}"#

  static let serverStatsNames = #"""
    "time","startedAt","uptimeSeconds","version","connections","subscriptions","topics",
    "totals","refusals","rateLimited","histograms","queues","memory","events"
    """#

  static let serverStatsMembers = #"""
    "time":\#(time),"startedAt":\#(time),"uptimeSeconds":\#(count),"version":{"type":"string"},
    "connections":\#(counts(["open", "webSockets", "eventStreams", "anonymous", "lagging", "blocked"],
      "lagging: subscriptions that are not sent each notice as it comes; blocked: connections whose socket is full.")),
    "subscriptions":\#(count),"topics":\#(count),
    "totals":\#(counts(totals)),"refusals":\#(countsByName),"rateLimited":\#(countsByName),
    "histograms":{"type":"object","required":["commitToWire","commitToLastSubscriber","sync","batchSize"],
    "properties":{"commitToWire":\#(histogram),
    "commitToLastSubscriber":\#(histogram),
    "sync":\#(histogram),"batchSize":\#(histogram)}},
    "queues":\#(counts(["requests", "commands", "passwords", "feed"])),
    "memory":\#(counts(["residentBytes", "anonymousBytes"])),
    "events":{"type":"array","maxItems":50,"items":{"type":"object",
    "required":["eventId","subscribers","lagging"],
    "properties":{"eventId":\#(eventID),"subscribers":\#(count),"lagging":\#(count)}}}
    """#

  private static let seqOrNull = #"{"type":["integer","null"],"minimum":0}"#

  private static let fanout = #"""
    {"type":"object","required":["eventId","seq","loops"],"properties":{"eventId":\#(eventID),"seq":\#(count),
    "loops":{"type":"array","items":{"type":"object","required":["loop","answered","audiences"],"properties":{
    "loop":\#(count),"answered":{"type":"boolean"},"audiences":{"type":"array","items":{"type":"object",
    "required":["audience","subscribers","lagging","cohorts","seq","oldestSeq","newestSeq","logFrames","logBytes",
    "conflated"],"properties":{"audience":{"enum":["authenticated","anonymous"]},"subscribers":\#(count),
    "lagging":\#(count),"cohorts":\#(count),"seq":\#(count),"oldestSeq":\#(seqOrNull),"newestSeq":\#(seqOrNull),
    "logFrames":\#(count),"logBytes":\#(count),"conflated":\#(count)}}}}}}}}
    """#

  private static let busState =
    #"{"enum":["connected","disconnected",null],"description":"null: there is none."}"#

  private static let cluster = #"""
    {"type":"object","required":["time","node","leader","store","bus","listAgeMilliseconds","totals","nodes"],
    "properties":{"time":\#(time),"node":{"type":"string","description":"The one that answers."},
    "leader":{"type":["string","null"],"description":"Does for all what is done by the clock."},
    "store":{"type":"object","required":["kind","address","available","epoch"],"properties":{
    "kind":{"enum":["sqlite","postgresql"]},"address":{"type":"string"},"available":{"type":"boolean"},
    "epoch":{"type":"string"}}},"bus":\#(busState),"listAgeMilliseconds":\#(count),
    "totals":\#(counts(["nodes", "connections", "subscriptions", "bookingsPerSecond"], "Of the nodes that are alive.")),
    "nodes":{"type":"array","items":\#(node)}}}
    """#

  private static let node = #"""
    {"type":"object","required":["name","address","version","state","startedAt","seenAt","connections","subscriptions",
    "bookings","bookingsPerSecond","lagMilliseconds","bus","leads","clockOffsetMilliseconds","signingKey"],"properties":{
    "name":{"type":"string"},"address":{"type":["string","null"]},"version":{"type":"string"},
    "state":{"enum":["alive","dead"],"description":"dead: not seen for 10 s; forgotten after an hour."},
    "startedAt":\#(time),"seenAt":\#(time),"connections":\#(count),"subscriptions":\#(count),"bookings":\#(count),
    "bookingsPerSecond":\#(count),
    "lagMilliseconds":{"type":"integer","minimum":0,
    "description":"From others' last commit to its announcement on this node."},
    "bus":\#(busState),"leads":{"type":"boolean"},"clockOffsetMilliseconds":{"type":"integer"},
    "signingKey":{"type":"string","description":"The kid of its tokens, the same on all nodes."}}}
    """#

  private static let histogram = #"""
    {"type":"object","required":["bounds","counts","sum","count"],"properties":{
    "bounds":{"type":"array","items":{"type":"number"},"description":"Upper bounds, included; times in seconds."},
    "counts":{"type":"array","items":\#(count),
    "description":"Observations by bucket, not added up; the last one is above all bounds."},
    "sum":{"type":"number"},"count":\#(count)}}
    """#
}
