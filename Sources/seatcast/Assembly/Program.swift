// Parses the command line, runs the command, and turns a failure into one sentence on standard error and an exit
// status. Main thread.

enum Program {
  /// - Parameter arguments: the command-line arguments without the program's name.
  /// - Returns: the exit status.
  static func run(arguments: [String], environment: [String: String]) -> Int32 {
    do {
      switch try Invocation.parse(arguments, environment: environment) {
      case .print(let text): StandardOutput.write(text + "\n")
      case .serve(let settings):
        try Server.run(
          ServeConfiguration(settings), from: settings, service: ServiceEnvironment(environment))
      case .configCheck(let settings): return ConfigCheck.run(settings)
      case .configPrint(let settings): return ConfigPrint.run(settings)
      case .conformanceEcho(let settings): try EchoServer.run(EchoConfiguration(settings))
      case .conformanceJWS: SignatureLines.run()
      case .administer(let command, let settings): try AdminRun.run(command, settings)
      case .restore(let settings): try RestoreRun.run(settings)
      case .migrate(let settings): try MigrateRun.run(settings)
      case .doctor(let settings): return try Doctor.run(settings)
      case .recordExport(let settings): try RecordExportRun.run(settings)
      case .listen(let settings): return try Listen.run(settings)
      case .top(let settings): return try Top.run(settings)
      case .rehearse(let settings): return try Rehearsal.run(settings)
      case .verify(let settings):
        return try settings.has(.record) ? RecordRun.run(settings) : Verify.run(settings)
      case .health(let settings): return try HealthCheck.run(settings)
      }
      return 0
    } catch let error as UsageError {
      return fail(error.description, UsageError.exitStatus)
    } catch let error as AdminError {
      return fail(error.description, error.exitStatus)
    } catch {
      return fail("\(error)", StartError.exitStatus)
    }
  }

  private static func fail(_ sentence: String, _ status: Int32) -> Int32 {
    // It may quote a server, a file or the command line.
    StandardError.write("seatcast: \(sentence.harmless)\n")
    return status
  }
}
