// Renders the incidents of both planes as log lines, each kind within its rate limit.
import ControlPlane
import FanoutCore

extension Log: LoopObserver {
  func observe(_ incident: LoopIncident) {
    if case .limited(let limit, let address) = incident {
      count(OffenderTable.Offence(who: .address(address), limit: LimitSetting(limit).rawValue))
    } else if let (kind, entry) = Self.rendered(incident) {
      write(entry, kind: kind)
    }
  }

  /// Nil for refusals by a limit, which have a line per offender and minute.
  static func rendered(_ incident: LoopIncident) -> (LogKind, LogEntry)? {
    switch incident {
    case .protocolViolation(let peer, let what):
      (
        .protocolViolation,
        LogEntry(.info, "a client broke the protocol", ["peer": peer.description, "what": what])
      )
    case .stalled(let peer):
      (
        .stalled,
        LogEntry(.info, "a subscriber took nothing for too long and was closed", ["peer": peer.description])
      )
    case .outboxOverflow(let peer):
      (
        .outboxOverflow,
        LogEntry(
          .info, "a client asked without reading its answers and was closed", ["peer": peer.description])
      )
    case .acceptPaused:
      (
        .acceptPaused,
        LogEntry(.warning, "descriptors ran out; accepting pauses (raise the limit: ulimit -n)")
      )
    case .limited: nil
    case .connectionRefused:
      (
        .connectionRefused,
        LogEntry(.warning, "a loop or its descriptor table has no room for a connection; one was refused")
      )
    case .tooManyResumes(let peer):
      (
        .tooManyResumes,
        LogEntry(.info, "a client asked for too many resumes and was closed", ["peer": peer.description])
      )
    case .outputExhausted(let closed):
      (
        .outputExhausted,
        LogEntry(
          .warning,
          "the output memory of a loop was used up; the connections that had most of it were closed",
          ["closed": String(closed)])
      )
    case .descriptorsShort:
      (
        .descriptorsShort,
        LogEntry(
          .warning, "descriptors run short; idle HTTP connections are closed (raise the limit: ulimit -n)")
      )
    }
  }
}

extension Log: ControlObserver {
  func observe(_ incident: ControlIncident) {
    if case .rateLimited(let name, let who) = incident {
      count(OffenderTable.Offence(who: OffenderTable.Who(who), limit: name.rawValue))
    } else if let (kind, entry) = Self.rendered(incident) {
      write(entry, kind: kind)
    }
  }

  /// Nil for refusals by a limit, which have a line per offender and minute.
  static func rendered(_ incident: ControlIncident) -> (LogKind, LogEntry)? {
    switch incident {
    case .commitFailed(let why):
      (.commitFailed, LogEntry(.error, "a batch could not be committed; its requests got 503", ["why": why]))
    case .storageFailed(let why):
      (
        .storageFailed,
        LogEntry(.error, "the database cannot be written; changes are answered 503", ["why": why])
      )
    case .commitRecovered:
      (.commitRecovered, LogEntry(.info, "commits work again"))
    case .followingFailed(let why):
      (
        .followingFailed,
        LogEntry(
          .error, "changes of other nodes cannot be read; their watchers here are told late", ["why": why])
      )
    case .followingRecovered:
      (.followingRecovered, LogEntry(.info, "changes of other nodes are read again"))
    case .clockStepped(let milliseconds):
      (
        .clockStepped,
        LogEntry(
          .warning, "the wall clock was set \(milliseconds < 0 ? "back" : "forward")",
          ["milliseconds": String(milliseconds.magnitude)])
      )
    case .internalFailure(let what):
      (.internalFailure, LogEntry(.error, "a request failed inside and got 500", ["what": what]))
    case .keysRead(let count):
      (.keysRead, LogEntry(.info, "the public keys changed and were read", ["keys": String(count)]))
    case .keysUnreadable(let why):
      (
        .keysUnreadable,
        LogEntry(.error, "the public keys cannot be read; those before them still count", ["why": why])
      )
    case .backupMade(let path, let bytes):
      (.backupMade, LogEntry(.info, "a backup was made", ["file": path, "bytes": String(bytes)]))
    case .clockDiffers(let milliseconds):
      (
        .clockDiffers,
        LogEntry(
          .warning, "this machine's clock is not the database's, by which the node goes",
          ["milliseconds": String(milliseconds)])
      )
    case .registryFailed(let why):
      (
        .registry,
        LogEntry(
          .error, "the other nodes cannot be told how this one is; they may take it for dead", ["why": why])
      )
    case .registryRecovered: (.registry, LogEntry(.info, "the other nodes are told again how this one is"))
    case .recordKeyMissing:
      (
        .keysDiffer,
        LogEntry(
          .error,
          "this node has no key of the record of sales and seals nothing; copy record-key from another node")
      )
    case .keysDiffer(let node):
      (
        .keysDiffer,
        LogEntry(
          .error, "another node signs tokens with another secret; what one issues the other refuses",
          ["node": node])
      )
    case .backupFailed(let why): (.backupFailed, LogEntry(.error, "a backup failed", ["why": why]))
    case .rateLimited: nil
    }
  }
}

extension OffenderTable.Who {
  init(_ offender: Offender) {
    switch offender {
    case .address(let address): self = .address(PeerAddress(address))
    case .user(let user): self = .user(user)
    }
  }
}
