// `seatcast restore`: verifies a backup, and puts it into a folder unless only `--verify` is asked. Main thread.
import ControlPlane

enum RestoreRun {
  static func run(_ settings: Settings) throws {
    let file = AdminRun.absolute(settings.operands[0])
    let report: BackupReport
    do throws(AdminAnswer.Failure) {
      report =
        settings.has(.verify)
        ? try Restore.verify(file)
        : try Restore.restore(file, into: try folder(settings))
    } catch {
      throw AdminError(error)
    }
    StandardOutput.write(
      settings.has(.json) ? String(decoding: report.json, as: UTF8.self) + "\n" : report.text + next(settings)
    )
  }

  private static func folder(_ settings: Settings) throws(AdminAnswer.Failure) -> String {
    settings[.data].map(\.text) ?? "./data"
  }

  /// What is left to do, for people.
  private static func next(_ settings: Settings) -> String {
    if settings.has(.verify) { return "The backup is whole.\n" }
    return """
      The backup is restored. Tokens' secrets are not in backups: without the former jwt-secret in the folder, or
      --jwt-secret-file, everybody logs in again.

      """
  }
}
