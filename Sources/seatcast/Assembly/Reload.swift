// What SIGHUP does: reads the settings again from the same flags and variables, the file and the credentials, and has each part
// that can take changes over while it serves take them. A file with a fault changes nothing. Main thread.

/// A part of the server that takes settings, or the files that they name, over while it serves.
struct Reloader {
  /// For the log: `the keys of tokens`.
  let subject: String
  /// What holds when it fails: `those before them still count`.
  let otherwise: String
  /// Called on each SIGHUP, also when no setting has changed, because files may have. Throws when it stays as it was.
  let takeOver: (ServeConfiguration) throws -> Void

  init(_ subject: String, otherwise: String, _ takeOver: @escaping (ServeConfiguration) throws -> Void) {
    (self.subject, self.otherwise, self.takeOver) = (subject, otherwise, takeOver)
  }
}

final class Reload {
  /// Those that hold: what needs a restart is as it was at the start.
  private(set) var settings: Settings
  private let reloaders: [Reloader]
  /// Settings that this server cannot take over, although others can.
  private let fixed: Set<Setting>
  private let log: Log

  init(_ settings: Settings, _ reloaders: [Reloader], fixed: Set<Setting> = [], log: Log) {
    (self.settings, self.reloaders, self.fixed, self.log) = (settings, reloaders, fixed, log)
  }

  /// - Returns: what could not be read again, in words.
  func run() -> [String] {
    let next: Settings
    let configuration: ServeConfiguration
    do throws(UsageError) {
      next = try settings.readingFiles()
      // It must be good for the next start as well.
      _ = try ServeConfiguration(next)
      configuration = try ServeConfiguration(merged(next))
    } catch {
      log.write(
        LogEntry(
          .error, "the configuration cannot be read again; nothing has changed", ["why": error.description]))
      return ["the configuration"]
    }
    let changed = settings.rows.filter { settings[$0.setting]?.text != next[$0.setting]?.text }
    let running = settings
    settings = merged(next)
    let failed = reloaders.filter { !perform($0, configuration) }
    tell(changed, running, next)
    return failed.map(\.subject)
  }

  /// Of `next` what can be taken over, of the rest what holds.
  private func merged(_ next: Settings) -> Settings {
    settings.rows.reduce(settings) { merged, row in
      isTakenOver(row) ? merged.taking(row.setting, from: next) : merged
    }
  }

  private func isTakenOver(_ row: Flag) -> Bool { row.effect == .onReload && !fixed.contains(row.setting) }

  /// - Returns: whether it succeeded.
  private func perform(_ reloader: Reloader, _ configuration: ServeConfiguration) -> Bool {
    do {
      try reloader.takeOver(configuration)
      return true
    } catch {
      log.write(
        LogEntry(
          .error, "\(reloader.subject) cannot be read again; \(reloader.otherwise)", ["why": "\(error)"]))
      return false
    }
  }

  /// One line for what was taken over, and one for each setting that needs a restart.
  private func tell(_ changed: [Flag], _ running: Settings, _ next: Settings) {
    let names = changed.filter(isTakenOver).map(\.setting.rawValue)
    log.write(
      LogEntry(
        .info, "the configuration was read again",
        ["changed": names.isEmpty ? "nothing" : names.joined(separator: ", ")]))
    for row in changed where !isTakenOver(row) {
      log.write(
        LogEntry(
          .warning, "a setting was changed and needs a restart",
          [
            "setting": row.setting.rawValue, "now": value(row, running), "afterwards": value(row, next),
          ]))
    }
  }

  private func value(_ row: Flag, _ settings: Settings) -> String {
    settings[row.setting].map { row.shown($0.text) } ?? (row.isSecret ? ConfigPrint.mask : nil)
      ?? row.fallback?.text ?? "not set"
  }
}
