// Reads the keys that tokens are verified by: at start, when the operator asks (SIGHUP), and when the file of another
// system's keys changes. What cannot be read leaves the keys as they are. What a removed key signed ends everywhere: at
// requests, because nothing that was judged by it is remembered, and at connections, because they are told. On the main thread and the watch's thread,
// where reading files may block.

final class KeyReader: Sendable {
  let keys: TrustedKeys
  private let folder: DataFolder
  private let file: KeySetFile?
  private let observer: any ControlObserver

  private struct State: Sendable {
    var configuration: Backend.Configuration
    /// Of the file when it was last read; nil: it was not there.
    var file: FileState?
    var ended: @Sendable ([TrustedKeys.End], _ trusted: Set<UInt32>) -> Void = { _, _ in }
  }
  private let state: Monitor<State>

  init(
    _ configuration: Backend.Configuration, _ folder: DataFolder, observer: any ControlObserver
  ) throws(StartFailure) {
    self.folder = folder
    file = configuration.keySetFile.map(KeySetFile.init)
    self.observer = observer
    let before = file?.state
    keys = TrustedKeys(try Authorities(configuration, folder, keySet: try file?.keys()))
    state = Monitor(State(configuration: configuration, file: before))
  }

  /// Calls `ended` after each replacement of the keys, with the keys that end by it and those that count.
  func whenReplaced(_ ended: @escaping @Sendable ([TrustedKeys.End], _ trusted: Set<UInt32>) -> Void) {
    state.withLock { $0.ended = ended }
  }

  private func replace(by authorities: Authorities, _ state: State) {
    let ends = keys.replace(by: authorities)
    state.ended(ends, Set(keys.current.ends.keys))
  }

  /// Takes these secrets from now on, and reads the files again.
  func reload(secret: [UInt8]?, previous: PreviousSecret?) throws(StartFailure) {
    let result = state.withLock { state in
      Result { () throws(StartFailure) in try reload(&state, secret: secret, previous: previous) }
    }
    try result.get()
  }

  private func reload(
    _ state: inout State, secret: [UInt8]?, previous: PreviousSecret?
  ) throws(StartFailure) {
    var configuration = state.configuration
    (configuration.secret, configuration.previousSecret) = (secret, previous)
    let before = file?.state
    replace(by: try Authorities(configuration, folder, keySet: try file?.keys()), state)
    (state.configuration, state.file) = (configuration, before)
  }

  /// Reads the file of public keys when it is not as it was when it was last read. Each state of a broken file is told
  /// to the observer once.
  func readChangedFile() {
    guard let file else { return }
    state.withLock { state in
      let now = file.state
      guard now != state.file else { return }
      state.file = now
      do throws(StartFailure) {
        let keySet = try file.keys()
        replace(by: try Authorities(state.configuration, folder, keySet: keySet), state)
        observer.observe(.keysRead(count: keySet.count))
      } catch {
        observer.observe(.keysUnreadable(error.description))
      }
    }
  }
}
