// `seatcast verify --record`: reads the files that it names and prints the verdict. Main thread.
import ControlPlane

enum RecordRun {
  /// A key is a few lines; a head is one of the many that somebody may have kept.
  private static let keyBytes = 64 * 1_024
  private static let headBytes = 64 * 1_024 * 1_024

  /// - Returns: the exit status: 1: the record is not good.
  static func run(_ settings: Settings) throws -> Int32 {
    guard settings.operands.isEmpty, let record = settings[.record]?.text else {
      throw UsageError("'seatcast verify' takes a history or --record, not both.")
    }
    if let flag = [Setting.notices, .search, .picture].first(where: settings.has) {
      throw UsageError("--\(flag.rawValue) says how a history is verified, not a record.")
    }
    let key = try text(of: .key, settings, atMost: keyBytes)
    let heads = try text(of: .head, settings, atMost: headBytes)
    let verdict: RecordVerdict
    do throws(AdminAnswer.Failure) {
      verdict = try RecordVerification.verify(record, key: key, heads: heads)
    } catch {
      throw AdminError(error)
    }
    StandardOutput.write(
      settings.has(.json) ? String(decoding: verdict.json, as: UTF8.self) + "\n" : verdict.text)
    return verdict.isGood ? 0 : 1
  }

  private static func text(
    of setting: Setting, _ settings: Settings, atMost maximum: Int
  ) throws(AdminError) -> String? {
    guard let path = settings[setting]?.text else { return nil }
    do throws(BoundedFile.Failure) {
      return String(decoding: try BoundedFile.read(path, atMost: maximum), as: UTF8.self)
    } catch {
      throw AdminError("\(printable(path)) \(error.why).", status: AdminError.badData)
    }
  }
}
