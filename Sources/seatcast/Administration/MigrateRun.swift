// `seatcast migrate`: moves a data folder's database into PostgreSQL, tells how far it is, and at the end what each table has. Main
// thread.
import ControlPlane
import Glibc

enum MigrateRun {
  /// What a build without PostgreSQL says.
  static let absence =
    "This seatcast was built without PostgreSQL; build it with 'swift build -c release --traits Cluster'."

  static func run(_ settings: Settings) throws {
    guard let target = settings[.to]?.text else {
      throw UsageError("'seatcast migrate' needs --to. Try 'seatcast migrate --help'.")
    }
    #if Cluster
      let isShown = !settings.has(.json) && isatty(STDERR_FILENO) == 1
      let report: StoreMigration.Report
      do throws(AdminAnswer.Failure) {
        report = try StoreMigration.run(from: settings[.from]?.text ?? "./data", to: target) { progress in
          if isShown { StandardError.write("\r\u{1B}[K\(line(progress))") }
        }
      } catch {
        if isShown { StandardError.write("\r\u{1B}[K") }
        throw AdminError(error)
      }
      if isShown { StandardError.write("\r\u{1B}[K") }
      StandardOutput.write(settings.has(.json) ? json(report) : text(report))
    #else
      _ = target
      throw AdminError(absence)
    #endif
  }

  #if Cluster
    private static func line(_ progress: StoreMigration.Progress) -> String {
      switch progress {
      case .copied(let table, let rows): "copying \(table): \(rows) rows"
      case .verified(let table, let rows): "verifying \(table): \(rows) rows"
      }
    }

    static func text(_ report: StoreMigration.Report) -> String {
      let width = report.tables.map(\.name.count).max() ?? 0
      let counts = report.tables.map { String($0.rows) }
      let countWidth = counts.map(\.count).max() ?? 0
      let rows = zip(report.tables, counts).map { table, count in
        table.name + String(repeating: " ", count: width - table.name.count + 2)
          + String(repeating: " ", count: countWidth - count.count) + count + "  " + table.digest.prefix(16)
      }
      let verb = report.wasThere ? "was moved before, and is" : "is"
      return rows.joined(separator: "\n") + """

        The database \(verb) in \(printable(report.target)), every row the same on both sides (epoch \(report.epoch)).
        Start the nodes with --store; jwt-secret and record-key stay in the folder, and every node needs the same ones.

        """
    }

    static func json(_ report: StoreMigration.Report) -> String {
      let tables = report.tables.map {
        "{\"name\":\"\($0.name)\",\"rows\":\($0.rows),\"sha256\":\"\($0.digest)\"}"
      }
      return "{\"target\":\(JSONText.string(report.target)),\"epoch\":\(JSONText.string(report.epoch)),"
        + "\"wasThere\":\(report.wasThere),\"tables\":[\(tables.joined(separator: ","))]}\n"
    }
  #endif
}
