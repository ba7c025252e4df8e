#if Cluster
  // One connection to NATS servers through libnats, which connects in the background and again by itself. The only file that
  // calls it. Calls belong to the bus' own thread, because they may wait for a full socket; what libnats reports comes on threads
  // of its own.

  import CNATS
  import Glibc

  /// How to reach the servers.
  struct NATSOptions: Sendable, Equatable {
    var urls: [String]
    /// Shown by the servers' monitoring.
    var name: String
    /// PEM file; nil: the system's authorities.
    var authorities: String?
    var credentials: NATSCredentials?

    var isSecure: Bool { urls.contains { $0.hasPrefix("tls://") } }
  }

  /// What libnats reports. Any thread; must not block.
  protocol NATSListener: AnyObject, Sendable {
    func connected()
    func disconnected(_ why: String)
    /// It has given up, as it does when a server refuses the credentials twice.
    func closed(_ why: String)
    func failed(_ why: String, isSlow: Bool)
    func heard(_ message: [UInt8])
  }

  /// What libnats gives back with each call. It may call for a moment after a connection's end, so this is never freed: a few
  /// bytes per bus, of which a process has one.
  final class NATSContext: Sendable {
    fileprivate let listener: any NATSListener

    init(_ listener: any NATSListener) {
      self.listener = listener
      _ = unsafe Unmanaged.passRetained(self)
    }

    fileprivate var pointer: UnsafeMutableRawPointer { unsafe Unmanaged.passUnretained(self).toOpaque() }

    fileprivate static func listener(_ pointer: UnsafeMutableRawPointer?) -> (any NATSListener)? {
      guard let pointer = unsafe pointer else { return nil }
      return unsafe Unmanaged<NATSContext>.fromOpaque(pointer).takeUnretainedValue().listener
    }
  }

  @safe final class NATSConnection {
    private let handle: OpaquePointer
    private let context: NATSContext
    private var subscriptions: [String: Subscription] = [:]

    /// Ends with its last reference.
    @safe private final class Subscription {
      let handle: OpaquePointer
      init(_ handle: OpaquePointer) { unsafe self.handle = handle }
      deinit {
        _ = unsafe natsSubscription_Unsubscribe(handle)
        unsafe natsSubscription_Destroy(handle)
      }
    }

    /// Milliseconds: how long one attempt may take, the pause between two, how often a server is asked for a sign of life, and how
    /// long a full socket is waited for.
    private static let patience: Int64 = 2_000
    private static let pause: Int64 = 250
    private static let ping: Int64 = 2_000
    private static let writePatience: Int64 = 2_000
    /// What of one subject may wait until it is heard.
    private static let pendingMessages: Int32 = 4_096
    private static let pendingBytes: Int32 = 4 * 1_024 * 1_024

    /// Begins to connect, and goes on trying.
    /// - Throws: a sentence, when a file cannot be used or there is no memory.
    init(_ options: NATSOptions, _ context: NATSContext) throws(StartError) {
      self.context = context
      var made: OpaquePointer?
      try Self.check(unsafe natsOptions_Create(&made))
      defer { unsafe natsOptions_Destroy(made) }
      try unsafe Self.set(made, options, context)
      var handle: OpaquePointer?
      let status = unsafe natsConnection_Connect(&handle, made)
      guard let handle = unsafe handle else {
        throw StartError("The bus cannot be used: \(Self.text(status)).")
      }
      unsafe self.handle = handle
      // libnats calls back for a connection that is made later, and not for one that is there when it returns.
      if status == NATS_OK { unsafe NATSContext.listener(context.pointer)?.connected() }
    }

    deinit {
      subscriptions = [:]
      unsafe natsConnection_Destroy(handle)
    }

    private static func set(
      _ made: OpaquePointer?, _ options: NATSOptions, _ context: NATSContext
    ) throws(StartError) {
      try check(unsafe setServers(made, options.urls))
      try check(unsafe natsOptions_SetName(made, options.name))
      try check(unsafe natsOptions_SetTimeout(made, patience))
      try check(unsafe natsOptions_SetMaxReconnect(made, -1))
      try check(unsafe natsOptions_SetReconnectWait(made, pause))
      try check(unsafe natsOptions_SetReconnectJitter(made, pause, pause))
      // A frozen server is given up after three of them.
      try check(unsafe natsOptions_SetPingInterval(made, ping))
      try check(unsafe natsOptions_SetMaxPingsOut(made, 2))
      try check(unsafe natsOptions_SetWriteDeadline(made, writePatience))
      try check(unsafe natsOptions_SetSendAsap(made, true))
      try check(unsafe natsOptions_SetNoEcho(made, true))
      // One thread for all subjects instead of one for each.
      try check(unsafe natsOptions_UseGlobalMessageDelivery(made, true))
      try unsafe setIdentity(of: made, options)
      try unsafe listen(made, context.pointer)
    }

    private static func listen(_ made: OpaquePointer?, _ pointer: UnsafeMutableRawPointer) throws(StartError)
    {
      try check(
        unsafe natsOptions_SetRetryOnFailedConnect(
          made, true, { _, closure in unsafe NATSContext.listener(closure)?.connected() }, pointer))
      try check(
        unsafe natsOptions_SetReconnectedCB(
          made, { _, closure in unsafe NATSContext.listener(closure)?.connected() }, pointer))
      try check(
        unsafe natsOptions_SetDisconnectedCB(
          made,
          { handle, closure in
            unsafe NATSContext.listener(closure)?.disconnected(NATSConnection.lastError(handle))
          },
          pointer))
      try check(
        unsafe natsOptions_SetClosedCB(
          made,
          { handle, closure in unsafe NATSContext.listener(closure)?.closed(NATSConnection.lastError(handle))
          },
          pointer))
      try check(
        unsafe natsOptions_SetErrorHandler(
          made,
          { _, _, status, closure in
            unsafe NATSContext.listener(closure)?.failed(
              NATSConnection.text(status), isSlow: status == NATS_SLOW_CONSUMER)
          }, pointer))
    }

    private static func setIdentity(of made: OpaquePointer?, _ options: NATSOptions) throws(StartError) {
      if options.isSecure { try check(unsafe natsOptions_SetSecure(made, true)) }
      if let file = options.authorities {
        let status = unsafe natsOptions_LoadCATrustedCertificates(made, file)
        guard status == NATS_OK else {
          throw StartError(
            "The authorities of the bus in \(printable(file)) cannot be used: \(text(status)).")
        }
      }
      switch options.credentials {
      case nil: break
      case .user(let file)?: try check(unsafe natsOptions_SetUserCredentialsFromFiles(made, file, nil))
      case .key(let key, let file)?: try check(unsafe natsOptions_SetNKeyFromSeed(made, key, file))
      }
    }

    private static func setServers(_ made: OpaquePointer?, _ urls: [String]) -> natsStatus {
      var texts: [UnsafePointer<CChar>?] = unsafe urls.map { unsafe UnsafePointer(strdup($0)) }
      defer { unsafe texts.forEach { unsafe free(UnsafeMutablePointer(mutating: $0)) } }
      return unsafe natsOptions_SetServers(made, &texts, Int32(urls.count))
    }

    // MARK: Use

    var isConnected: Bool { unsafe natsConnection_Status(handle) == NATS_CONN_STATUS_CONNECTED }

    /// What stands in the way, in libnats' words.
    var lastError: String { unsafe Self.lastError(handle) }

    /// - Returns: whether it was sent.
    func publish(_ subject: String, _ message: [UInt8]) -> Bool {
      unsafe message.withUnsafeBytes {
        unsafe natsConnection_Publish(handle, subject, $0.baseAddress, Int32($0.count)) == NATS_OK
      }
    }

    /// Holds from now on, and again after each loss of the connection.
    /// - Returns: whether that is so.
    func subscribe(_ subject: String) -> Bool {
      guard subscriptions[subject] == nil else { return true }
      var subscription: OpaquePointer?
      let status = unsafe natsConnection_Subscribe(
        &subscription, handle, subject,
        { _, _, message, closure in
          guard let message = unsafe message else { return }
          defer { unsafe natsMsg_Destroy(message) }
          let bytes = unsafe UnsafeRawBufferPointer(
            start: natsMsg_GetData(message), count: Int(natsMsg_GetDataLength(message)))
          unsafe NATSContext.listener(closure)?.heard(Array(bytes))
        }, unsafe context.pointer)
      guard status == NATS_OK, let subscription = unsafe subscription else { return false }
      _ = unsafe natsSubscription_SetPendingLimits(
        subscription, Self.pendingMessages, Self.pendingBytes)
      unsafe subscriptions[subject] = Subscription(subscription)
      return true
    }

    func unsubscribe(_ subject: String) { subscriptions[subject] = nil }

    // MARK: Words

    private static func check(_ status: natsStatus) throws(StartError) {
      guard status == NATS_OK else { throw StartError("The bus cannot be used: \(text(status)).") }
    }

    private static func text(_ status: natsStatus) -> String {
      unsafe natsStatus_GetText(status).map { unsafe String(cString: $0) } ?? "unknown error"
    }

    private static func lastError(_ handle: OpaquePointer?) -> String {
      var words: UnsafePointer<CChar>?
      let status = unsafe natsConnection_GetLastError(handle, &words)
      if let words = unsafe words {
        let text = unsafe String(cString: words)
        if !text.isEmpty { return text }
      }
      return status == NATS_OK ? "the connection was closed" : text(status)
    }
  }
#endif
