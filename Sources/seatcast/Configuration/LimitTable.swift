// Every rate limit and cap that can be set, in one table: its name, its default and what it means. `--limits`, `--help`
// and docs/OPERATING.md ("Limits") speak of these rows; the planes get plain numbers. Pure.
import ControlPlane
import FanoutCore

/// One row of the table; the raw value is the name in `--limits`, in 429 answers, in metrics and in the log.
enum LimitSetting: String, CaseIterable, Sendable {
  case loginAccount = "login-account"
  case loginAddress = "login-address"
  case registerAddress = "register-address"
  case requestsAddress = "requests-address"
  case requestsUser = "requests-user"
  case changes
  case connectionsAddress = "connections-address"
  case connectionsUser = "connections-user"
  case handshakesAddress = "handshakes-address"
  case handshakesLoop = "handshakes-loop"
  case messages
  case recallsUser = "recalls-user"

  var fallback: LimitValue {
    switch self {
    case .loginAccount: .rate(10, per: .minute)
    case .loginAddress: .rate(30, per: .minute)
    case .registerAddress: .rate(5, per: .hour)
    case .requestsAddress: .rate(50, per: .second, burst: 100)
    case .requestsUser: .rate(20, per: .second, burst: 40)
    case .changes: .rate(30, per: .minute)
    case .connectionsAddress: .count(64)
    case .connectionsUser: .count(32)
    case .handshakesAddress: .count(32)
    case .handshakesLoop: .count(2_048)
    case .messages: .rate(20, per: .second, burst: 40)
    case .recallsUser: .rate(2, per: .second, burst: 64)
    }
  }

  /// Whether it bounds a number that there may be at a time, not a rate.
  var isCount: Bool {
    if case .count = fallback { true } else { false }
  }
}

/// What a limit is set to.
enum LimitValue: Equatable, Sendable {
  case off
  case count(Int)
  case rate(Int, per: Period, burst: Int? = nil)

  enum Period: Character, Sendable, CaseIterable {
    case second = "s"
    case minute = "m"
    case hour = "h"

    var milliseconds: UInt64 {
      switch self {
      case .second: 1_000
      case .minute: 60_000
      case .hour: 3_600_000
      }
    }
  }

  /// `off`, `64`, `10/m` or `50/s:100`; nil for anything else, and for numbers beyond a million.
  init?(_ text: Substring, isCount: Bool) {
    if text == "off" {
      self = .off
      return
    }
    if isCount {
      guard let count = Self.number(text) else { return nil }
      self = .count(count)
      return
    }
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let letter = parts[0].last, let period = Period(rawValue: letter), parts[0].dropLast().last == "/",
      let count = Self.number(parts[0].dropLast(2))
    else { return nil }
    let burst = parts.count == 2 ? Self.number(parts[1]) : nil
    guard parts.count == 1 || burst != nil else { return nil }
    self = .rate(count, per: period, burst: burst)
  }

  private static func number(_ digits: Substring) -> Int? {
    digits.decimal.flatMap { (1...1_000_000).contains($0) ? $0 : nil }
  }

  /// As it is typed.
  var text: String {
    switch self {
    case .off: "off"
    case .count(let count): String(count)
    case .rate(let count, let period, let burst):
      "\(count)/\(period.rawValue)" + (burst.map { ":\($0)" } ?? "")
    }
  }
}

/// The value of every limit.
struct LimitTable: Equatable, Sendable {
  private var changed: [LimitSetting: LimitValue] = [:]

  init() {}

  subscript(setting: LimitSetting) -> LimitValue { changed[setting] ?? setting.fallback }

  /// All limits with their defaults but those that `--limits` names.
  init(_ settings: Settings) throws(UsageError) {
    guard let given = settings[.limits] else { return }
    for part in try settings.list(.limits) {
      let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(sides[0])
      guard let setting = LimitSetting(rawValue: name) else {
        throw UsageError(
          "\(given.source) has no limit '\(printable(name))'."
            + Suggestion.sentence(for: name, among: LimitSetting.allCases.map(\.rawValue)), about: .limits)
      }
      if changed[setting] != nil { throw UsageError("\(given.source) names \(name) twice.", about: .limits) }
      guard let value = LimitValue(sides.count == 2 ? sides[1] : "", isCount: setting.isCount) else {
        throw Self.complaint(settings.source(.limits), setting, sides.count == 2 ? String(sides[1]) : "")
      }
      changed[setting] = value
    }
  }

  private static func complaint(_ source: String, _ setting: LimitSetting, _ value: String) -> UsageError {
    let forms = setting.isCount ? "a number like '64' or 'off'" : "a rate like '10/m', '50/s:100' or 'off'"
    return UsageError(
      "\(source) must set \(setting.rawValue) to \(forms), not '\(printable(value))'.", about: .limits)
  }

  /// Lines that name every limit with its default.
  static var help: [String] {
    var lines: [String] = []
    for setting in LimitSetting.allCases {
      let item = "\(setting.rawValue)=\(setting.fallback.text)"
      guard let last = lines.popLast() else {
        lines = [item]
        continue
      }
      lines += last.count + item.count < 95 ? [last + ", " + item] : [last + ",", item]
    }
    return ["The limits and their defaults:"] + lines
  }

  // MARK: For the planes

  private func rate<Limit>(_ setting: LimitSetting, _ make: (Int, UInt64, Int?) -> Limit) -> Limit? {
    guard case .rate(let count, let period, let burst) = self[setting] else { return nil }
    return make(count, period.milliseconds, burst)
  }

  private func count(_ setting: LimitSetting) -> Int? {
    if case .count(let count) = self[setting] { count } else { nil }
  }

  /// The control plane's part.
  var control: ControlPlane.AdmissionLimits {
    var limits = ControlPlane.AdmissionLimits()
    limits.loginPerAccount = rate(.loginAccount) { .init($0, per: $1, burst: $2) }
    limits.loginPerAddress = rate(.loginAddress) { .init($0, per: $1, burst: $2) }
    limits.registerPerAddress = rate(.registerAddress) { .init($0, per: $1, burst: $2) }
    limits.requestsPerUser = rate(.requestsUser) { .init($0, per: $1, burst: $2) }
    limits.changesPerUser = rate(.changes) { .init($0, per: $1, burst: $2) }
    return limits
  }

  /// The data plane's part.
  var data: FanoutCore.AdmissionLimits {
    var limits = FanoutCore.AdmissionLimits()
    limits.requestsPerAddress = rate(.requestsAddress) { .init($0, per: $1, burst: $2) }
    limits.connectionsPerAddress = count(.connectionsAddress)
    limits.connectionsPerClient = count(.connectionsUser)
    limits.newConnectionsPerAddress = count(.handshakesAddress)
    limits.newConnectionsPerLoop = count(.handshakesLoop)
    limits.messagesPerConnection = rate(.messages) { .init($0, per: $1, burst: $2) }
    limits.recallsPerClient = rate(.recallsUser) { .init($0, per: $1, burst: $2) }
    return limits
  }
}

extension LimitSetting {
  /// The data plane's limits by their names here.
  init(_ limit: AdmissionLimit) {
    self =
      switch limit {
      case .requestsPerAddress: .requestsAddress
      case .connectionsPerAddress: .connectionsAddress
      case .newConnectionsPerAddress: .handshakesAddress
      case .newConnectionsPerLoop: .handshakesLoop
      case .connectionsPerClient: .connectionsUser
      case .messagesPerConnection: .messages
      case .recallsPerClient: .recallsUser
      }
  }
}
