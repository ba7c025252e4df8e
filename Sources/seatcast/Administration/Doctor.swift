// `seatcast doctor`: what `serve` with the same flags would meet on this machine, without starting it. Every check is a
// function that gives findings; those of files are in DoctorFiles.swift, those of the machine in DoctorMachine.swift.
// Nothing is changed, and what a running server has is only read. Main thread.
import ControlPlane

enum Doctor {
  /// - Returns: the exit status: 1 when something fails.
  static func run(_ settings: Settings) throws -> Int32 {
    let findings = findings(try ServeConfiguration(settings))
    StandardOutput.write(settings.has(.json) ? Finding.json(findings) : Finding.text(findings))
    return findings.contains { $0.grade == .fail } ? 1 : 0
  }

  static func findings(_ configuration: ServeConfiguration) -> [Finding] {
    let files = DoctorFiles(folder: configuration.dataFolder)
    let isServed = files.isServed
    let database = files.databaseFindings
    let record = files.recordFindings(isReadable: database.allSatisfy { $0.grade != .fail })
    return flags(configuration) + files.folderFindings + files.serverFindings(isServed: isServed)
      + database + record + files.secretFindings(configuration) + files.backupFindings(configuration.backups)
      + DoctorCluster.findings(configuration) + DoctorMachine.findings(configuration, isServed: isServed)
  }

  /// What the flags mean.
  private static func flags(_ configuration: ServeConfiguration) -> [Finding] {
    let address = configuration.address
    let accounts = configuration.accounts.kind == .local ? "local accounts" : "another system's accounts"
    let summary =
      "serve would listen on \(address.url(port: address.port)) with \(address.loopsHere) loops,"
      + " take \(accounts)\(configuration.rateLimits == .on ? "" : ", without rate limits")"
      + (configuration.backups.map { ", and back up every \($0.everySeconds) s into \($0.folder)" } ?? "")
    return [.ok("flags", summary + ".")] + configuration.warnings.map { .warn("flags", $0) }
  }
}
