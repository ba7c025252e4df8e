import ControlPlane
import FanoutCore
import Testing

@testable import seatcast

@Suite("Limit table")
struct LimitTableTests {
  private func configuration(_ arguments: String...) throws(UsageError) -> ServeConfiguration {
    guard case .serve(let settings) = try Invocation.parse(["serve"] + arguments, environment: [:]) else {
      throw UsageError("not serve")
    }
    return try ServeConfiguration(settings)
  }

  private func complaint(_ list: String) -> String? {
    do throws(UsageError) {
      _ = try configuration("--limits", list)
      return nil
    } catch {
      return error.description
    }
  }

  @Test("The defaults are those of the contract")
  func defaults() throws {
    let limits = try configuration().limits.control
    #expect(limits.loginPerAccount == .init(10, per: 60_000))
    #expect(limits.loginPerAddress == .init(30, per: 60_000))
    #expect(limits.registerPerAddress == .init(5, per: 3_600_000))
    #expect(limits.requestsPerUser == .init(20, per: 1_000, burst: 40))
    #expect(limits.changesPerUser == .init(30, per: 60_000))
  }

  @Test("The data plane's defaults are those of the contract, too")
  func dataDefaults() throws {
    let limits = try configuration().limits.data
    #expect(limits.requestsPerAddress == .init(50, per: 1_000, burst: 100))
    #expect(limits.connectionsPerAddress == 64 && limits.connectionsPerClient == 32)
    #expect(limits.newConnectionsPerAddress == 32 && limits.newConnectionsPerLoop == 2_048)
    #expect(limits.messagesPerConnection == .init(20, per: 1_000, burst: 40))
    #expect(limits.recallsPerClient == .init(2, per: 1_000, burst: 64))
    let changed = try configuration("--limits", "connections-user=off,connections-address=7,messages=3/m")
      .limits.data
    #expect(changed.connectionsPerClient == nil && changed.connectionsPerAddress == 7)
    #expect(changed.messagesPerConnection == .init(3, per: 60_000))
  }

  @Test("Every limit of the data plane has a name of its own")
  func names() {
    #expect(Set(AdmissionLimit.allCases.map(LimitSetting.init)).count == AdmissionLimit.allCases.count)
  }

  @Test("Trusted proxies are addresses and ranges")
  func proxies() throws {
    let proxies = try configuration("--trusted-proxies", "10.0.0.0/8, ::1").trustedProxies
    #expect(
      proxies.contains(PeerAddress(ipv4: 0x0A01_0203)) && proxies.contains(PeerAddress(upper: 0, lower: 1)))
    #expect(!proxies.contains(PeerAddress(ipv4: 0x0B01_0203)))
    #expect(try configuration().trustedProxies == TrustedProxies())
    let error = #expect(throws: UsageError.self) { try configuration("--trusted-proxies", "10.0.0.1/8") }
    #expect(
      error?.description
        == "--trusted-proxies must list addresses or ranges like '10.0.0.0/8', not '10.0.0.1/8'.")
  }

  @Test("What is listed changes, the rest keeps its default")
  func changes() throws {
    let table = try configuration("--limits", "login-account=7/h, requests-user=5/s:9,,changes=off").limits
    #expect(table.control.loginPerAccount == .init(7, per: 3_600_000))
    #expect(table.control.requestsPerUser == .init(5, per: 1_000, burst: 9))
    #expect(table.control.changesPerUser == nil)
    #expect(table.control.loginPerAddress == .init(30, per: 60_000))
  }

  @Test(
    "A bad list is refused in one sentence",
    arguments: [
      ("login-acount=10/m", "--limits has no limit 'login-acount'. Did you mean 'login-account'?"),
      ("nonsense=1", "--limits has no limit 'nonsense'."),
      ("changes=1/m,changes=2/m", "--limits names changes twice."),
      ("changes", "--limits must set changes to a rate like '10/m', '50/s:100' or 'off', not ''."),
      ("changes=10", "--limits must set changes to a rate like '10/m', '50/s:100' or 'off', not '10'."),
      ("changes=0/m", "--limits must set changes to a rate like '10/m', '50/s:100' or 'off', not '0/m'."),
      ("changes=10/d", "--limits must set changes to a rate like '10/m', '50/s:100' or 'off', not '10/d'."),
      ("", "--limits must not be empty."),
    ])
  func malformed(list: String, sentence: String) {
    #expect(complaint(list) == sentence)
  }

  @Test("Values are read as they are written", arguments: ["off", "10/m", "50/s:100", "1000000/h"])
  func roundTrip(text: String) throws {
    #expect(try #require(LimitValue(Substring(text), isCount: false)).text == text)
    #expect(LimitValue("64", isCount: true)?.text == "64")
    for text in ["-1", "+5", "1e3", "1000001", " 5", "10/m", ""] {
      #expect(LimitValue(Substring(text), isCount: true) == nil, "\(text)")
    }
    for text in ["/m", "10/", "10m", "10/m:", "10/m:0", "10/m:x", ":", "10/mm"] {
      #expect(LimitValue(Substring(text), isCount: false) == nil, "\(text)")
    }
  }

  @Test("Rate limits that are off leave no limit, and a list beside them is told to do nothing")
  func off() throws {
    let configuration = try configuration("--rate-limits", "off", "--limits", "changes=1/m")
    #expect(configuration.warnings.contains("--limits changes nothing while rate limits are off."))
  }

  @Test("The help names every limit with its default")
  func help() {
    let help = Help.text(for: .serve)
    for setting in LimitSetting.allCases {
      #expect(help.contains("\(setting.rawValue)=\(setting.fallback.text)"))
    }
    let list = LimitTable.help.dropFirst().joined(separator: " ")
    #expect(list.split(separator: " ").dropLast().allSatisfy { $0.hasSuffix(",") }, "\(list)")
  }
}
