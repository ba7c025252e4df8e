/// A bounded queue of work that other threads do. Any thread; never blocks.
protocol JobQueue: Sendable {
  /// False: the queue is full and the job was not taken.
  func offer(_ job: @escaping @Sendable () -> Void) -> Bool
}
