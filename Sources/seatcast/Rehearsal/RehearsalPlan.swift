// What a rehearsal is to do: the settings of `seatcast rehearse`, validated. A value.
import SeatcastClient

struct RehearsalPlan: Sendable {
  static let userBounds = 1...50_000
  static let seatBounds = 1...1_000_000
  static let viewerBounds = 0...10_000
  /// Notices of all viewers that the checker looks at while the rush is on.
  static let observationLimit = 20_000_000
  /// Descriptors besides the connections: standard streams, files, the network's own.
  static let otherDescriptors = 64

  let access: ToolAccess
  let dataFolder: String
  /// File of users' tokens, one a line; nil: the server's administration makes them.
  let userTokens: String?
  let users: Int
  /// An event that exists; nil: one is made.
  let event: Int?
  /// Of an event that exists, those that are free, once it is known.
  private(set) var seats: Int
  let viewers: Int
  /// Seats that each user wants.
  let quantity: Int
  /// Users that come per second; 0: all at once.
  let rate: Int
  /// Until when users try again, in seconds.
  let seconds: Int
  /// Users in a hundred that give back what they got.
  let cancellations: Int
  let isJSON: Bool
  let chart: String?
  /// File for all that users and viewers are told; nil: none.
  let history: String?
  /// Leaves the event on sale at the end.
  let keeps: Bool

  init(_ settings: Settings) throws(UsageError) {
    access = try ToolAccess(settings)
    guard access.server.isLoopback || settings.has(.yes) else {
      throw UsageError(
        "\(access.server) is another machine. A rehearsal loads it, makes an event there and cancels it: add --yes "
          + "when that is meant.")
    }
    dataFolder = try settings.text(.data) ?? "./data"
    userTokens = try settings.text(.userTokens)
    if userTokens != nil, access.tokenFile == nil {
      throw UsageError(
        "--user-tokens needs --token-file with an administrator's token, which makes the event.")
    }
    users = try settings.number(.users, in: Self.userBounds) ?? 1_000
    event = try settings.number(.event, in: 1...Int.max)
    let seats = try settings.number(.seats, in: Self.seatBounds)
    if let event {
      guard seats == nil else {
        throw UsageError(
          "--seats is for the event that a rehearsal makes; event \(event) has the seats that it has.")
      }
      guard settings.has(.yes) else {
        throw UsageError(
          "A rehearsal takes seats of event \(event) for a while, and everybody sees it: add --yes when that is meant."
        )
      }
    }
    self.seats = seats ?? max(1, users / 2)
    viewers = try settings.number(.viewers, in: Self.viewerBounds) ?? 50
    quantity = try settings.number(.quantity, in: 1...10) ?? 1
    rate = try settings.number(.rate, in: 0...100_000) ?? 0
    seconds = Int((try settings.duration(.duration, in: 1...3_600) ?? 60_000) / 1_000)
    cancellations = try settings.number(.cancellations, in: 0...100) ?? 0
    (isJSON, keeps) = (settings.has(.json), settings.has(.keep))
    chart = try settings.text(.chart)
    history = try settings.text(.history)
    if event == nil { try checkObservations() }
  }

  private func checkObservations() throws(UsageError) {
    let notices = min(seats / quantity, users) * 2
    guard viewers * notices <= Self.observationLimit else {
      throw UsageError(
        "\(viewers) viewers of up to \(notices) changes are more than the checker keeps: take fewer viewers or users."
      )
    }
  }

  /// The same with the seats of an event that exists.
  /// - Throws: the event cannot be rehearsed as planned.
  func with(_ event: EventDetails) throws(UsageError) -> RehearsalPlan {
    guard event.status == "on_sale" else {
      throw UsageError("Event \(event.id), “\(event.name)”, is not on sale: it is \(event.status).")
    }
    guard event.availableSeats >= quantity else {
      throw UsageError("Event \(event.id), “\(event.name)”, has \(event.availableSeats) seats left.")
    }
    guard quantity <= event.maxPerBooking else {
      throw UsageError(
        "Event \(event.id), “\(event.name)”, sells at most \(event.maxPerBooking) seats at once: take a smaller --quantity."
      )
    }
    var plan = self
    plan.seats = event.availableSeats
    try plan.checkObservations()
    return plan
  }

  /// How many connections the users share: one each where the descriptors allow it.
  /// - Parameter descriptors: of this process.
  func connections(within descriptors: Int) throws(UsageError) -> Int {
    let left = descriptors - viewers - Self.otherDescriptors
    guard left >= 1 else {
      throw UsageError(
        "This process may open \(descriptors) descriptors, too few for \(viewers) viewers: raise the limit "
          + "(ulimit -n), or take fewer viewers.")
    }
    return min(users, left)
  }
}
