// The composition root: the one place that knows both halls and every adapter, and the order in which they open
// and close. Main thread.
import ControlPlane
import FanoutCore

struct Assembly {
  let hall: DataHall
  let desk: FrontDesk
  private let configuration: ServeConfiguration
  private let log: Log

  /// Opens the database and starts the control hall's threads; nobody listens yet.
  /// - Parameter secret: nil: the control hall's own.
  init(_ configuration: ServeConfiguration, secret: [UInt8]?, log: Log) throws(StartError) {
    (self.configuration, self.log) = (configuration, log)
    do {
      hall = try DataHall(Self.hallConfiguration(configuration))
      desk = try FrontDesk.open(
        Self.deskConfiguration(configuration, secret: secret),
        notices: NoticeAdapter(broadcaster: hall.broadcaster, hall: hall), replies: ReplyAdapter(hall: hall),
        observer: log)
    } catch {
      throw StartError(telling: error)
    }
  }

  /// Binds and serves.
  /// - Returns: the real port.
  func start() throws(StartError) -> Int {
    let messages = SessionMessages(epoch: desk.epoch, clock: SystemClock(), identifiers: SystemRandom())
    let pages = Pages(
      files: .embedded(), isReady: { [desk] in desk.isReady },
      metrics: { [hall, desk] in
        MetricsText.render(
          MetricFamily.hall(hall.tallies(), sender: hall.senderName) + MetricFamily.desk(desk.counters())
            + MetricFamily.process(ProcessMemory.now, descriptorLimit: hall.descriptorLimit))
      })
    do {
      return try hall.start(
        inbound: InboundAdapter(desk: desk, pages: pages),
        gatekeeper: UpgradeGatekeeper(desk: desk, messages: messages, origins: configuration.origins),
        topics: TopicAdapter(desk: desk), observer: log)
    } catch {
      throw StartError(telling: error)
    }
  }

  /// Finishes what was taken, answers it, commits it, says goodbye to every client, and returns when all threads
  /// have ended. Answers and notices of the last commits still go out, because the data hall closes last.
  func stop() {
    hall.stopAccepting()
    desk.stopIntake()
    desk.close()
    hall.closeAll()
  }

  private static func hallConfiguration(_ configuration: ServeConfiguration) -> DataHall.Configuration {
    var hall = DataHall.Configuration()
    hall.host = configuration.address.host
    hall.port = configuration.address.port
    hall.loops = configuration.address.loopsHere
    hall.tls = configuration.address.tls
    hall.sender =
      switch configuration.sender {
      case .auto: .automatic
      case .send: .send
      case .ioUring: .ioUring
      }
    hall.descriptorTables = configuration.descriptorTables == .perLoop ? .perLoop : .shared
    return hall
  }

  /// What bounds the number of connections here.
  var descriptors: DescriptorBudget {
    DescriptorBudget(
      limit: hall.descriptorLimit,
      tables: configuration.descriptorTables == .perLoop ? configuration.address.loopsHere : 1)
  }

  private static func deskConfiguration(
    _ configuration: ServeConfiguration, secret: [UInt8]?
  ) -> FrontDesk.Configuration {
    var desk = FrontDesk.Configuration(dataFolder: configuration.dataFolder)
    desk.secret = secret
    desk.identity = configuration.identity == .full ? .full : .none
    desk.passwordCost = configuration.passwordCost == .interactive ? .interactive : .insecureTest
    desk.historyLimit = Limits().historyNotices
    return desk
  }
}

extension FrontDesk: ControlDoor {}
extension DataHall: ReplyDoor {}

extension StartError {
  /// A hall's own sentence, with a capital letter and a full stop.
  init(telling error: any Error) {
    let text = "\(error)"
    let sentence = text.prefix(1).uppercased() + text.dropFirst()
    self.init(sentence.hasSuffix(".") ? sentence : sentence + ".")
  }
}
