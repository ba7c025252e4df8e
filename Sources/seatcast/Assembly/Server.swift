// `seatcast serve`: starts the server, waits for a stop signal, stops the server. Main thread.
import ControlPlane
import FanoutCore

enum Server {
  /// Serves until a signal stops it; returns when everything is closed.
  static func run(_ configuration: ServeConfiguration) throws(StartError) {
    let secrets = try SecretFiles.secrets(configuration)
    let password = try configuration.admin.map(Server.password)
    ProcessSignals.block(ProcessSignals.ofServer)
    let log = Log(format: configuration.logFormat, from: configuration.logLevel)
    for sentence in configuration.warnings { log.write(LogEntry(.warning, sentence)) }

    if let previous = secrets.previous, previous.until <= SystemClock().now {
      log.write(LogEntry(.warning, "the time of the previous secret is over; its tokens are refused"))
    }

    let assembly = try Assembly(configuration, secrets: secrets, log: log)
    let port: Int
    let demo: DemoContent?
    do throws(StartError) {
      demo = try prepare(configuration, password: password, assembly.backend)
      port = try assembly.start()
    } catch {
      assembly.stop()
      throw error
    }

    let url = configuration.address.url(port: port)
    StandardOutput.announce(
      "seatcast listening on \(url)\n"
        + (demo.map { DemoText.render($0, url: configuration.address.localURL(port: port)) } ?? ""))
    log.write(
      LogEntry(
        .info, "serving",
        [
          "url": url, "data": configuration.dataFolder, "loops": String(configuration.address.loopsHere),
          "sender": assembly.plane.senderName, "descriptors": assembly.descriptors.text,
          "version": Version.number,
        ]))

    if let warning = assembly.descriptors.warning { log.write(LogEntry(.warning, warning)) }

    log.write(LogEntry(.info, "stopping", ["signal": waitForStop(assembly)]))
    assembly.stop()
    log.close()
    log.write(LogEntry(.info, "stopped cleanly"))
  }

  /// Reads the keys again on each SIGHUP.
  /// - Returns: the name of the signal that ends the wait.
  private static func waitForStop(_ assembly: Assembly) -> String {
    while true {
      switch ProcessSignals.wait(ProcessSignals.ofServer) {
      case .hangup: assembly.reloadKeys()
      case .stop(let name): return name
      }
    }
  }

  private static func password(of admin: ServeConfiguration.Admin) throws(StartError) -> String {
    try SecretFiles.password(admin.password)
  }

  /// Creates the configured admin and the demo content before the first request. Blocks for a few password hashes.
  private static func prepare(
    _ configuration: ServeConfiguration, password: String?, _ backend: Backend
  ) throws(StartError) -> DemoContent? {
    do {
      if let admin = configuration.admin, let password {
        _ = try backend.ensureAdmin(email: admin.email, password: password)
      }
      return configuration.demo ? try backend.seedDemo() : nil
    } catch {
      throw StartError(telling: error)
    }
  }
}
