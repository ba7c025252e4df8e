// `seatcast config check`: everything about the configuration that `serve` would refuse, without starting: the file's
// lines, values, what does not go together, and the files that are named. Takes no port and no lock, so it may run beside
// a server. Main thread.
import ControlPlane

enum ConfigCheck {
  struct Report: Equatable {
    /// The file, a flag or a variable is wrong (exit status 64).
    var faults: [String] = []
    /// A file that the configuration names is wrong (exit status 1).
    var failures: [String] = []
    var warnings: [String] = []
    /// Settings that are set.
    var count = 0

    var status: Int32 {
      faults.isEmpty ? failures.isEmpty ? 0 : StartError.exitStatus : UsageError.exitStatus
    }
  }

  /// - Returns: the exit status.
  static func run(_ settings: Settings) -> Int32 {
    let report = report(settings)
    for sentence in report.warnings { StandardError.write("seatcast: warning: \(sentence)\n") }
    for sentence in report.faults + report.failures { StandardError.write("seatcast: \(sentence)\n") }
    if report.status == 0 {
      let settings = report.count == 1 ? "1 setting is" : "\(report.count) settings are"
      StandardOutput.write("The configuration is valid; \(settings) set.\n")
    }
    return report.status
  }

  /// - Parameter settings: without the file.
  static func report(_ settings: Settings) -> Report {
    var report = Report()
    let whole: Settings
    do throws(UsageError) {
      let file = try path(settings).map { path throws(UsageError) in try ConfigFile.read(path) }
      report.faults = file?.faults ?? []
      whole = settings.with(file)
    } catch {
      report.faults = [error.description]
      return report
    }
    report.faults += ServeConfiguration.faults(whole).map(\.description)
    report.count = whole.rows.count { $0.setting != .config && whole.has($0.setting) }
    guard report.faults.isEmpty, let configuration = try? ServeConfiguration(whole) else { return report }
    report.warnings = configuration.warnings
    add(findings(configuration), to: &report)
    return report
  }

  /// The file's name, from the operand or the flag.
  private static func path(_ settings: Settings) throws(UsageError) -> String? {
    guard let operand = settings.operands.first else { return try settings.text(.config) }
    if case .flag? = settings[.config]?.source {
      throw UsageError("'seatcast config check' takes one file: FILE or --config FILE.")
    }
    return operand
  }

  /// What `doctor` finds about the files that are named, and the admin's password.
  private static func findings(_ configuration: ServeConfiguration) -> [Finding] {
    let files = DoctorFiles(folder: configuration.dataFolder)
    var findings = files.folderFindings + files.secretFindings(configuration)
    if configuration.backups != nil { findings += files.backupFindings(configuration.backups) }
    findings += DoctorMachine.planeFindings(configuration)
    if let admin = configuration.admin {
      do throws(StartError) {
        _ = try SecretFiles.password(admin.password)
      } catch {
        findings.append(.fail("admin", error.description))
      }
    }
    return findings
  }

  private static func add(_ findings: [Finding], to report: inout Report) {
    // What else is worth a warning is for `doctor`.
    let warned = ["TLS", "secret"]
    report.failures += findings.filter { $0.grade == .fail }.map { LogEntry.plain($0.sentence) }
    report.warnings += findings.filter { $0.grade == .warn && warned.contains($0.subject) }
      .map { LogEntry.plain($0.sentence) }
  }
}
