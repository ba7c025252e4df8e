import TestSupport
import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite struct HTTPProbeTests {
  private func probe(_ port: Int, _ path: String = "/small", secure: Bool = false) -> HTTPProbe {
    HTTPProbe(
      host: "127.0.0.1", port: port, isSecure: secure, isVerified: false, path: path,
      timeoutMilliseconds: 20_000)
  }

  @Test("a plain server and one with TLS answer with status and body", arguments: [false, true])
  func answers(secure: Bool) throws {
    var configuration = DataPlaneFixture.configuration()
    let folder = SourceTree.root + "/Tests/Certificates/localhost-test-"
    if secure {
      configuration.tls = DataPlane.TLSSettings(
        certificate: folder + "certificate.pem", key: folder + "key.pem")
    }
    let bench = try DataPlaneFixture(configuration)
    let answer = Result { try probe(bench.port, secure: secure).get() }
    var distrustful = probe(bench.port, secure: secure)
    distrustful.isVerified = true
    let verified = Result { try distrustful.get() }
    try bench.close()
    #expect(try answer.get() == HTTPProbe.Answer(status: 200, body: "/small"))
    if secure {
      #expect { try verified.get() } throws: { "\($0)".contains("certificate") }
    }
  }

  @Test("nobody there, somebody silent and a name that is unknown are sentences")
  func failures() throws {
    let bench = try DataPlaneFixture()
    let port = bench.port
    try bench.close()
    #expect { try probe(port).get() } throws: {
      "\($0)".hasPrefix("127.0.0.1 port \(port) cannot be reached: ")
    }
    var unknown = probe(port)
    unknown.host = "no-such-host.invalid"
    #expect { try unknown.get() } throws: { "\($0)".contains("no-such-host.invalid is not known") }
  }

  @Test("a status line, fields and a body are told apart, and anything else is no answer")
  func parse() {
    func parse(_ text: String) -> HTTPProbe.Answer? { HTTPProbe.parse(Array(text.utf8)) }
    #expect(
      parse("HTTP/1.1 503 Service Unavailable\r\nA: b\r\n\r\nnot ready\n")
        == HTTPProbe.Answer(status: 503, body: "not ready\n"))
    #expect(parse("HTTP/1.0 204 \r\n\r\n") == HTTPProbe.Answer(status: 204, body: ""))
    for text in ["", "HTTP/1.1\r\n\r\n", "HTTP/1.1 20 OK\r\n", "SSH-2.0-x\r\n", "HTTP/1.1 abc OK\r\n"] {
      #expect(parse(text) == nil, "\(text)")
    }
  }
}
