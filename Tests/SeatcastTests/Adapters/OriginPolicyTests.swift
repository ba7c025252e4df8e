import FanoutCore
import Synchronization
import Testing

@testable import seatcast

@Suite("Origin policy")
struct OriginPolicyTests {
  private final class Told: Sendable {
    private let origins = Mutex<[String]>([])
    var all: [String] { origins.withLock { $0 } }
    func add(_ origin: String) { origins.withLock { $0.append(origin) } }
  }

  private let told = Told()
  private var policy: OriginPolicy {
    OriginPolicy(
      listed: Set([WebOrigin("https://shop.example")].compactMap(\.self)),
      refused: { [told] in told.add($0) })
  }

  private func head(_ method: String, _ origin: String?, _ more: [(String, String)] = []) -> HTTPRequestHead {
    let fields = origin.map { [("Origin", $0)] } ?? []
    return .make(method, "/api/events", [("Host", "seats.example:3000")] + fields + more)
  }

  private func lines(_ head: HTTPRequestHead) -> String {
    String(decoding: policy.lines(for: head), as: UTF8.self)
  }

  @Test("No origin, our own, a listed and a foreign one are told apart")
  func standing() {
    #expect(policy.standing(of: head("GET", nil)) == .absent)
    #expect(policy.standing(of: head("GET", "http://seats.example:3000")) == .own)
    #expect(policy.standing(of: head("GET", "https://shop.example")) == .listed("https://shop.example"))
    for foreign in ["https://shop.example:444", "http://shop.example", "null", "", "https://a, https://b"] {
      #expect(policy.standing(of: head("GET", foreign)) == .foreign(foreign))
    }
    let two = head("GET", "https://shop.example", [("Origin", "https://shop.example")])
    #expect(policy.standing(of: two) == .foreign("https://shop.example, https://shop.example"))
  }

  @Test("A listed origin may read the answer and the fields that programs need, without credentials")
  func exposed() {
    let lines = lines(head("GET", "https://shop.example"))
    #expect(lines.hasPrefix("Access-Control-Allow-Origin: https://shop.example\r\n"))
    for name in ["Location", "ETag", "Link", "Retry-After", "RateLimit", "Idempotency-Replayed"] {
      #expect(lines.contains(name))
    }
    #expect(!lines.contains("Access-Control-Allow-Methods") && !lines.contains("Allow-Credentials"))
    #expect(lines.hasSuffix("\r\n") && !lines.contains("\r\n\r\n"))
    #expect(told.all.isEmpty)
  }

  @Test("A preflight is told the methods and fields that may be sent, and for how long that holds")
  func preflight() {
    let request = [("Access-Control-Request-Method", "PATCH")]
    let answer = lines(head("OPTIONS", "https://shop.example", request))
    #expect(answer.contains("Access-Control-Allow-Methods: GET, HEAD, POST, PATCH, DELETE\r\n"))
    for name in ["Authorization", "Content-Type", "Idempotency-Key", "If-Match"] {
      #expect(answer.contains(name))
    }
    #expect(answer.contains("Access-Control-Max-Age: 3600\r\n") && answer.hasSuffix("\r\n"))
    let plain = lines(head("OPTIONS", "https://shop.example"))
    #expect(!plain.contains("Allow-Methods"), "OPTIONS without the request fields is no preflight")
  }

  @Test("A foreign origin and our own get no CORS fields; the foreign one is told of")
  func withheld() {
    #expect(lines(head("GET", "https://evil.example")).isEmpty)
    #expect(
      lines(head("OPTIONS", "https://evil.example", [("Access-Control-Request-Method", "POST")])).isEmpty)
    #expect(lines(head("GET", "http://seats.example:3000")).isEmpty)
    #expect(told.all == ["https://evil.example", "https://evil.example"])
  }

  @Test("A change by a foreign origin is refused with the flag that would allow it")
  func refusal() throws {
    let answer = try #require(policy.refusal(of: head("POST", "https://evil.example")))
    #expect(answer.status == 403)
    #expect(
      answer.text.contains(
        "\"detail\":\"The origin https://evil.example is not allowed; --origins https://evil"))
    let odd = try #require(policy.refusal(of: head("DELETE", "null\" x")))
    #expect(!odd.text.contains("null") && odd.text.contains("--origins"))
    for origin in ["https://shop.example", "http://seats.example:3000", nil] {
      #expect(policy.refusal(of: head("POST", origin)) == nil)
    }
    #expect(policy.refusal(of: head("GET", "https://evil.example")) == nil)
  }

  @Test("Another list counts for all copies of the policy")
  func anotherList() {
    let (policy, copy) = { ($0, $0) }(policy)
    let (shop, friend) = ("https://shop.example", "https://friend.example")
    policy.allow(Set([WebOrigin(friend)].compactMap(\.self)))
    #expect(copy.standing(of: head("GET", friend)) == .listed(friend))
    #expect(copy.standing(of: head("GET", shop)) == .foreign(shop))
    policy.allow([])
    #expect(copy.commonLines.isEmpty && copy.standing(of: head("GET", friend)) == .foreign(friend))
  }

  @Test("Answers vary by origin once there is a list")
  func vary() {
    #expect(String(decoding: policy.commonLines, as: UTF8.self) == "Vary: Origin\r\n")
    #expect(OriginPolicy(listed: []).commonLines.isEmpty)
  }
}
