// `seatcast serve`: starts the server, waits for a stop signal, stops the server, and tells a service manager of each step.
// On the signal readiness fails first, and requests are answered for the time of `drainDelay`. Main thread.
import ControlPlane
import FanoutCore
import Glibc

enum Server {
  /// Serves until a signal stops it; returns when everything is closed.
  /// - Parameter settings: what the configuration was made of, to be read again on SIGHUP.
  static func run(
    _ configuration: ServeConfiguration, from settings: Settings, service: ServiceEnvironment
  ) throws(StartError) {
    let notifier = ServiceNotifier(address: service.notifyAddress)
    do throws(StartError) {
      try serve(configuration, settings, service, notifier)
    } catch {
      notifier.tell(error.description)
      throw error
    }
  }

  private static func serve(
    _ given: ServeConfiguration, _ settings: Settings, _ service: ServiceEnvironment,
    _ notifier: ServiceNotifier
  ) throws(StartError) {
    var configuration = given
    take(try ActivationSockets.take(service.sockets), service, notifier, &configuration)
    let secrets = try SecretFiles.secrets(configuration)
    let password = try configuration.admin.map(Server.password)
    ProcessSignals.block(ProcessSignals.ofServer)
    let log = Log(format: configuration.logFormat, from: configuration.logLevel)
    for sentence in service.warnings + configuration.warnings { log.write(LogEntry(.warning, sentence)) }

    if let previous = secrets.previous, previous.until <= SystemClock().now {
      log.write(LogEntry(.warning, "the time of the previous secret is over; its tokens are refused"))
    }

    let assembly = try Assembly(configuration, secrets: secrets, log: log)
    let started = try start(assembly, configuration, password: password)
    let watchdog = try watch(assembly, service, notifier, log)
    announce(assembly, configuration, started, log)
    let url = configuration.address.url(port: started.port)
    notifier.ready("Serving on \(url)")
    keep(assembly.plane, service, notifier)

    let host = assembly.offerTakeOver(port: started.port) { heir in
      notifier.hand(to: heir)
      // Ends the wait below.
      kill(getpid(), SIGTERM)
    }
    let reload = Reload(settings, assembly.reloaders, fixed: assembly.fixed, log: log)
    let heirs = Heirs(of: assembly.backend.dataFolder, log: log)
    let signal = waitForStop(reload, heirs, notifier, url: url)
    host.close()
    if host.heir != nil { return endHandedOver(assembly, watchdog, log) }
    log.write(LogEntry(.info, "stopping", ["signal": signal]))
    notifier.stopping("Stopping after \(signal)")
    assembly.readiness.leave()
    pause(milliseconds: configuration.drainDelay)
    watchdog?.stop()
    assembly.stop()
    log.close()
    log.write(LogEntry(.info, "stopped cleanly"))
  }

  /// Sockets that an earlier process left with the manager count only where the configuration still has their address.
  private static func take(
    _ sockets: ActivationSockets?, _ service: ServiceEnvironment, _ notifier: ServiceNotifier,
    _ configuration: inout ServeConfiguration
  ) {
    guard let sockets else { return }
    if service.socketsAreKept, !sockets.fit(configuration.address) {
      sockets.discard()
      notifier.forgetKept()
    } else {
      configuration.address.take(sockets)
    }
  }

  /// Has the manager keep the listeners, if it keeps any, so that nobody is refused even when this process crashes.
  private static func keep(_ plane: DataPlane, _ service: ServiceEnvironment, _ notifier: ServiceNotifier) {
    let listeners = plane.listeners
    guard !plane.listenersAreShared, service.storeRoom >= listeners.count else { return }
    notifier.keep(listeners)
    plane.shareListeners()
  }

  private static func endHandedOver(_ assembly: Assembly, _ watchdog: Watchdog?, _ log: Log) {
    watchdog?.stop()
    assembly.stopHandedOver()
    log.close()
    log.write(LogEntry(.info, "handed over"))
  }

  private typealias Started = (port: Int, demo: DemoContent?)

  private static func start(
    _ assembly: Assembly, _ configuration: ServeConfiguration, password: String?
  ) throws(StartError) -> Started {
    do throws(StartError) {
      if configuration.takeOver != nil {
        // Clients wait, and the accounts are there since the start of the server before.
        let port = try assembly.start()
        return (port, try prepare(configuration, password: password, assembly.backend))
      }
      let demo = try prepare(configuration, password: password, assembly.backend)
      return (try assembly.start(), demo)
    } catch {
      assembly.stop()
      throw error
    }
  }

  /// Nil: nobody wants a sign of life.
  private static func watch(
    _ assembly: Assembly, _ service: ServiceEnvironment, _ notifier: ServiceNotifier, _ log: Log
  ) throws(StartError) -> Watchdog? {
    guard let microseconds = service.watchdogMicroseconds, notifier.address != nil else { return nil }
    let watchdog = Watchdog(assembly.hearts, every: microseconds, notifier: notifier, log: log)
    do {
      try watchdog.start()
    } catch {
      assembly.stop()
      throw StartError(telling: error)
    }
    return watchdog
  }

  private static func announce(
    _ assembly: Assembly, _ configuration: ServeConfiguration, _ started: Started, _ log: Log
  ) {
    let url = configuration.address.url(port: started.port)
    StandardOutput.announce(
      "seatcast listening on \(url)\n"
        + (started.demo.map {
          DemoText.render($0, url: configuration.address.localURL(port: started.port))
        } ?? ""))
    if let entry = assembly.takenOver { log.write(entry) }
    log.write(serving(configuration, url: url, assembly))
    if let warning = assembly.descriptors.warning { log.write(LogEntry(.warning, warning)) }
  }

  /// Reads the configuration again on each SIGHUP, and starts a process that takes over on each SIGUSR2.
  /// - Returns: the name of the signal that ends the wait.
  private static func waitForStop(
    _ reload: Reload, _ heirs: Heirs, _ notifier: ServiceNotifier, url: String
  ) -> String {
    while true {
      switch ProcessSignals.wait(ProcessSignals.ofServer) {
      case .hangup:
        notifier.reloading("Reading the configuration again")
        let failed = reload.run()
        notifier.ready(
          "Serving on \(url)"
            + (failed.isEmpty ? "" : "; not read again: \(failed.joined(separator: ", "))"))
      case .renew: heirs.start()
      case .stop(let name): return name
      }
    }
  }

  /// A second stop signal ends the process meanwhile.
  private static func pause(milliseconds: Int64) {
    var time = timespec(tv_sec: Int(milliseconds / 1_000), tv_nsec: Int(milliseconds % 1_000) * 1_000_000)
    _ = unsafe nanosleep(&time, nil)
  }

  private static func serving(
    _ configuration: ServeConfiguration, url: String, _ assembly: Assembly
  ) -> LogEntry {
    var entry = LogEntry(
      .info, "serving",
      [
        "url": url, "data": configuration.dataFolder, "loops": String(configuration.address.loopsHere),
        "sender": assembly.plane.senderName, "descriptors": assembly.descriptors.text,
        "version": Version.number,
      ])
    if configuration.cluster != nil {
      entry.facts.append(.init(name: "node", value: configuration.nodeName))
      entry.facts.append(.init(name: "store", value: assembly.backend.storeDescription))
    }
    if let address = configuration.adminListen, let port = assembly.plane.apartPort {
      entry.facts.append(.init(name: "adminUrl", value: address.url(port: port)))
    }
    return entry
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
