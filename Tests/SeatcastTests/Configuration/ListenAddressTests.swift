import FanoutCore
import Testing

@testable import seatcast

@Suite("Listen address")
struct ListenAddressTests {
  private func address(_ flags: [Setting: String]) throws(UsageError) -> ListenAddress {
    try ListenAddress(Settings(flags: flags, environment: [:], table: .serve))
  }

  @Test(
    "Numeric addresses of both families and localhost are taken",
    arguments: ["0.0.0.0", "10.1.2.3", "::", "fe80::1", "localhost"])
  func goodHosts(host: String) throws {
    #expect(try address([.host: host]).host == host)
  }

  @Test(
    "Names and halves of addresses are refused",
    arguments: ["example.org", "1.2.3", "1.2.3.4.5", "[::1]", "::g", "127.0.0.1:80", " "])
  func badHosts(host: String) {
    #expect(throws: UsageError.self) { try address([.host: host]) }
  }

  @Test("The address is shown as a browser takes it")
  func url() throws {
    #expect(try address([:]).url(port: 3_000) == "http://127.0.0.1:3000")
    #expect(try address([.host: "::1"]).url(port: 80) == "http://[::1]:80")
  }

  @Test(
    "With a certificate the address is a secure one, and a half of the pair is refused with the other's name")
  func tls() throws {
    let secure = try address([.tlsCertificate: "c.pem", .tlsKey: "k.pem"])
    #expect(secure.tls == DataPlane.TLSSettings(certificate: "c.pem", key: "k.pem", records: .openSSL))
    #expect(secure.url(port: 3_000) == "https://127.0.0.1:3000")
    #expect(try address([:]).tls == nil)
    let noKey = #expect(throws: UsageError.self) { try address([.tlsCertificate: "c.pem"]) }
    #expect(noKey?.description.contains("--tls-key") == true)
    let noCertificate = #expect(throws: UsageError.self) { try address([.tlsKey: "k.pem"]) }
    #expect(noCertificate?.description.contains("--tls-cert") == true)
  }

  @Test("TLS records are OpenSSL's unless compact ones are asked for, and need a certificate")
  func tlsRecords() throws {
    let pair: [Setting: String] = [.tlsCertificate: "c", .tlsKey: "k"]
    func records(_ word: String) throws -> TLSRecords? {
      try address(pair.merging([.tlsRecords: word]) { $1 }).tls?.records
    }
    #expect(try records("openssl") == .openSSL)
    #expect(try records("compact") == .compact)
    let other = #expect(throws: UsageError.self) { _ = try records("kernel") }
    #expect(other?.description == "--tls-records must be 'openssl' or 'compact', not 'kernel'.")
    let bare = #expect(throws: UsageError.self) { try address([.tlsRecords: "compact"]) }
    #expect(bare?.description == "TLS records need a certificate: --tls-cert and --tls-key.")
  }

  @Test("There is always a loop, and as many as were asked for")
  func loops() throws {
    #expect(try address([:]).loopsHere >= 1)
    #expect(try address([.loops: "7"]).loopsHere == 7)
  }

  @Test("The echo runs one loop unless told otherwise")
  func echo() throws {
    func echo(_ flags: [Setting: String]) throws -> EchoConfiguration {
      try EchoConfiguration(Settings(flags: flags, environment: [:], table: .conformanceEcho))
    }
    #expect(try echo([.port: "0"]).address.loops == 1)
    #expect(try echo([.loops: "2"]).address.loops == 2)
  }

  @Test(
    "The address of administration has a port, and brackets around IPv6",
    arguments: [
      ("127.0.0.1:9464", "127.0.0.1", 9464), ("localhost:0", "localhost", 0), ("[::1]:80", "::1", 80),
      ("0.0.0.0:65535", "0.0.0.0", 65_535),
    ] as [(String, String, Int)])
  func administration(text: String, host: String, port: Int) {
    #expect(AdminAddress(text).map { [$0.host, String($0.port)] } == [host, String(port)])
  }

  @Test(
    "Anything else is none",
    arguments: [
      "", "9464", ":9464", "127.0.0.1", "127.0.0.1:", "::1:80", "[127.0.0.1]:80", "host:80", "1.2.3.4:65536",
      "1.2.3.4:+5", "[::1]80",
    ])
  func noAdministration(text: String) { #expect(AdminAddress(text) == nil) }
}
