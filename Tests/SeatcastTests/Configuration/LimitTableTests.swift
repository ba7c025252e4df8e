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
    #expect(limits.loginPerAccount == RateLimit(10, per: 60_000))
    #expect(limits.loginPerAddress == RateLimit(30, per: 60_000))
    #expect(limits.registerPerAddress == RateLimit(5, per: 3_600_000))
    #expect(limits.requestsPerUser == RateLimit(20, per: 1_000, burst: 40))
    #expect(limits.changesPerUser == RateLimit(30, per: 60_000))
  }

  @Test("What is listed changes, the rest keeps its default")
  func changes() throws {
    let table = try configuration("--limits", "login-account=7/h, requests-user=5/s:9,,changes=off").limits
    #expect(table.control.loginPerAccount == RateLimit(7, per: 3_600_000))
    #expect(table.control.requestsPerUser == RateLimit(5, per: 1_000, burst: 9))
    #expect(table.control.changesPerUser == nil)
    #expect(table.control.loginPerAddress == RateLimit(30, per: 60_000))
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
  }
}
