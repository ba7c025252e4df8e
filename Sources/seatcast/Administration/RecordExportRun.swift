// `seatcast record export`: has a head signed that covers everything, through the running server or on the files, and
// writes the record up to it by reading the files, beside the server when there is one. Of a database that nodes share: up to the
// newest head that they have signed, by reading it beside them. Main thread.
import ControlPlane
import Glibc

enum RecordExportRun {
  static func run(_ settings: Settings) throws {
    guard let out = settings[.out]?.text else {
      throw UsageError("'seatcast record export' needs --out. Try 'seatcast record export --help'.")
    }
    let event = try event(settings)
    #if Cluster
      if let cluster = try ClusterConfiguration(settings) {
        let url = try ClusterAccess(cluster).store
        return try write(out, settings) { file throws(AdminAnswer.Failure) in
          try RecordExport.write(store: url, event: event, to: file)
        }
      }
    #else
      // Says that this build knows no such databases, if one is named.
      _ = try ClusterConfiguration(settings)
    #endif
    let configuration = try AdminRun.configuration(settings, .recordHead)
    let outcome = try AdminClient.perform(AdminRequest(.recordHead), on: configuration, needsKeys: false)
    if case .failed(let failure) = outcome { throw AdminError(failure) }
    try write(out, settings) { file throws(AdminAnswer.Failure) in
      try RecordExport.write(configuration.dataFolder, event: event, to: file)
    }
  }

  private static func write(
    _ out: String, _ settings: Settings,
    _ record: (Int32) throws(AdminAnswer.Failure) -> RecordExport.Report
  ) throws {
    let file = try open(out)
    do throws(AdminAnswer.Failure) {
      let report = try record(file)
      try finish(file, out)
      if out != "-" { StandardOutput.write(text(report, out, asJSON: settings.has(.json))) }
    } catch {
      // A part of a record is none.
      if out != "-" { _ = unsafe unlink(out) }
      throw AdminError(error)
    }
  }

  private static func event(_ settings: Settings) throws(UsageError) -> Int64? {
    guard let given = settings[.event] else { return nil }
    guard let event = Int64(given.text), event > 0 else {
      throw UsageError("\(given.source) must be an event's number, not '\(printable(given.text))'.")
    }
    return event
  }

  private static func open(_ out: String) throws(AdminError) -> Int32 {
    guard out != "-" else { return STDOUT_FILENO }
    let file = unsafe Glibc.open(out, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else {
      let why = unsafe String(cString: strerror(errno))
      throw AdminError("The record cannot be written to \(printable(out)): \(why).")
    }
    return file
  }

  private static func finish(_ file: Int32, _ out: String) throws(AdminAnswer.Failure) {
    guard out != "-" else { return }
    guard fsync(file) == 0, close(file) == 0 else {
      throw .init(.refused, "The record cannot be written: \(unsafe String(cString: strerror(errno))).")
    }
  }

  private static func text(_ report: RecordExport.Report, _ out: String, asJSON: Bool) -> String {
    asJSON
      ? "{\"file\":\(JSONText.string(out)),\"entries\":\(report.entries),\"record\":\"\(report.record)\"}\n"
      : "\(report.entries) entries are in \(printable(out)).\n"
  }
}
