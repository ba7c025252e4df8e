// What a history is made of, one value per line of the file (docs/VERIFY.md). Clients record what they asked and were told;
// lines of a witness, the server's own log, may stand among them or in a file of their own. Values; times are microseconds
// of one clock that nobody sets.

enum HistoryLine: Sendable, Equatable {
  case header(version: Int)
  /// An event as it was when the history began.
  case event(TellingOf)
  case request(HistoryRequest)
  case answer(HistoryAnswer)
  /// Nobody will ever know what became of the request.
  case unanswered(request: Int)
  case opened(connection: Int, client: String, resume: ResumePoint?)
  case subscribe(connection: Int, resume: ResumePoint)
  case frame(connection: Int, at: Int64, ServerFrame)
  /// A ping of the server, and the client's pong.
  case pinged(connection: Int)
  case ponged(connection: Int)
  /// From when the client asked for this pace, which holds by now; 0: none.
  case pace(connection: Int, at: Int64, perSecond: Int)
  case closed(connection: Int, code: Int?)
  /// All that was asked is answered, and whoever is connected has had the time to hear of everything.
  case quiet
  /// The database was replaced by an earlier copy of it; from here on it has this epoch.
  case restored(epoch: String)
  /// Of the witness: one change of an event.
  case notice(TellingOf)
  /// Of the witness: a booking as the server lists it at the end; nothing is listed twice.
  case booking(ListedBooking)
  /// Of the witness: all bookings of the event have been listed.
  case listed(event: Int)
}

/// What is told of one event.
struct TellingOf: Sendable, Equatable {
  var event: Int
  var telling: Telling
  /// Of the database; nil: it is not said.
  var epoch: String?
  /// Of an event line: whether all that happens to the event's bookings is asked for in this history.
  var isExclusive = true
}

/// What somebody was told of an event as it is after one change. What is nil was not told.
struct Telling: Sendable, Equatable {
  enum Change: UInt8, Sendable {
    case created
    case cancelled
    case resized
    case updated
  }

  var seq: UInt64
  /// Below `seq` when the message stands for all changes from here on.
  var fromSeq: UInt64?
  var change: Change?
  var bookingID: String?
  var userID: String?
  var quantity: Int?
  var typeID: Int?
  var availableSeats: Int?
  var seatCapacity: Int?
  var types: [TypeSeats] = []
  var status: String?
  /// The server's clock at the commit, in milliseconds since 1970.
  var stamp: Int64?
  /// Whether a hold ended by its time; nil: the witness does not say how a booking ended.
  var isExpiry: Bool?

  init(seq: UInt64) { self.seq = seq }
}

struct TypeSeats: Sendable, Hashable {
  var id: Int
  var available: Int
}

struct HistoryRequest: Sendable, Equatable {
  enum Act: String, Sendable, CaseIterable {
    case book
    case cancel
    case confirm
    case extend
    case join
    case leave
    case change
    case delete
    case read
  }

  var id: Int
  var at: Int64
  var client: String
  var act: Act
  var userID: String?
  var event: Int?
  var bookingID: String?
  var quantity = 1
  var typeID: Int?
  var isHold = false
  /// The request's `Idempotency-Key`.
  var key: String?

  init(_ id: Int, at: Int64, client: String, _ act: Act) {
    (self.id, self.at, self.client, self.act) = (id, at, client, act)
  }
}

struct HistoryAnswer: Sendable, Equatable {
  var request: Int
  var at: Int64
  var status: Int
  /// Whether it repeats an earlier answer.
  var isReplayed = false
  /// The type of a problem without its prefix; nil: it is none.
  var problem: String?
  /// Of a problem: the seats that were left.
  var available: Int?
  var event: Int?
  /// Of a success that tells a state.
  var telling: Telling?
  /// Of a booking.
  var booking: String?
  var bookingStatus: String?
  var quantity: Int?
  var typeID: Int?
  /// In milliseconds since 1970.
  var expiresAt: Int64?
  /// The place in the waiting list.
  var place: Int?

  init(request: Int, at: Int64, status: Int) {
    (self.request, self.at, self.status) = (request, at, status)
  }

  var isSuccess: Bool { (200..<300).contains(status) }
}

struct ResumePoint: Sendable, Equatable {
  var event: Int
  /// Nil: a subscription that does not resume.
  var seq: UInt64?
  var epoch: String?
}

/// What the server said on a live connection.
enum ServerFrame: Sendable, Equatable {
  /// `isResumed`: exactly what was missed follows; nil: no resume was asked.
  case greeting(TellingOf, isResumed: Bool?)
  case notice(TellingOf)
  case pong([ResumePoint])
  case unsubscribed(event: Int)
  case refused(event: Int?, code: String)
  case offer(event: Int, bookingID: String)
  case draining
  case other
}

struct ListedBooking: Sendable, Equatable {
  var event: Int
  var bookingID: String
  var quantity: Int
  var status: String
}

/// Why a line is none of a history.
struct HistoryFault: Error, Equatable, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
