import Testing

@testable import FanoutCore
@testable import seatcast

@Suite("Access log")
struct AccessLogTests {
  private func request(
    _ target: String = "/api/events/1?token=secret", status: Int = 200, number: UInt64 = 0xab,
    fields: [(String, String)] = []
  ) -> AnsweredRequest {
    AnsweredRequest(
      head: .make("GET", target, fields), status: status, bodyBytes: 12, nanoseconds: 1_234_567,
      client: PeerAddress(ipv4: 0x7F00_0001), id: RequestID(number: number))
  }

  @Test("A line has method, path, status, time, size, client and name, and never the query or a field")
  func line() {
    let entry = AccessLog.entry(request(fields: [("Authorization", "Bearer secret"), ("Cookie", "secret")]))
    let text = entry.rendered(as: .text, at: 0)
    #expect(
      text.hasSuffix(
        "info request method=GET path=/api/events/1 status=200 milliseconds=1.234 bytes=12 client=127.0.0.1 "
          + "requestId=00000000000000ab"))
    #expect(!text.contains("secret"))
  }

  @Test("A trace goes into the line when it is well-formed")
  func trace() {
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    let entry = AccessLog.entry(request(fields: [("traceparent", parent)]))
    #expect(
      entry.rendered(as: .text, at: 0).hasSuffix(
        " traceId=0af7651916cd43dd8448eb211c80319c parentId=b7ad6b7169203331 sampled=true"))
    let broken = AccessLog.entry(request(fields: [("traceparent", "00-x")]))
    #expect(!broken.facts.contains { $0.name == "traceId" })
  }

  @Test("A long path is cut, and a request without a head has neither method nor path")
  func bounds() {
    let long = AccessLog.entry(request("/" + String(repeating: "a", count: 9_000)))
    #expect(long.facts.first { $0.name == "path" }.map { $0.value.utf8.count } ?? 0 < 600)
    let headless = AnsweredRequest(
      head: nil, status: 400, bodyBytes: 0, nanoseconds: 5, client: PeerAddress(ipv4: 1),
      id: RequestID(number: 1))
    #expect(AccessLog.entry(headless).facts.map(\.name).first == "status")
  }

  @Test("Sampled: one in a hundred, and everything that failed on our side")
  func sampling() {
    let log = Log(format: .text, output: LinesKept(), now: { 0 })
    let sampled = AccessLog(extent: .sampled, log: log)
    #expect((0..<1_000).filter { sampled.writes(request(number: UInt64($0))) }.count == 10)
    #expect(
      sampled.writes(request(status: 500, number: 1)) && !sampled.writes(request(status: 404, number: 1)))
    #expect(AccessLog(extent: .on, log: log).writes(request(number: 1)))
    #expect(!AccessLog(extent: .off, log: log).writes(request(status: 500, number: 100)))
  }
}
