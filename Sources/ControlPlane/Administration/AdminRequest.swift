// What an administrator on this machine asks for: a command with its members, as one line of JSON, like
// `{"command":"event capacity","id":3,"seatCapacityDelta":-20}`. A value; any thread.

public struct AdminRequest: Sendable, Equatable {
  /// The raw values are what is typed behind `seatcast`.
  public enum Command: String, CaseIterable, Sendable {
    case eventCreate = "event create"
    case eventList = "event list"
    case eventCapacity = "event capacity"
    case eventPause = "event pause"
    case eventResume = "event resume"
    case eventCancel = "event cancel"
    case userCreate = "user create"
    case userList = "user list"
    case userRole = "user role"
    case userDisable = "user disable"
    case userEnable = "user enable"
    case userPassword = "user passwd"
    case tokenMint = "token mint"
    case tokenInspect = "token inspect"
    case backup
    case recordHead = "record head"
    case recordKey = "record key"
    case recordRotate = "record rotate"
  }

  public enum Value: Sendable, Equatable {
    case text(String)
    case number(Int)
    case ticketTypes([TicketType])
  }

  /// A ticket type of a new event; it has no limits and no window of its own.
  public struct TicketType: Sendable, Equatable {
    public let name: String
    /// nil: as many as the event has.
    public let capacity: Int?

    public init(name: String, capacity: Int?) { (self.name, self.capacity) = (name, capacity) }
  }

  /// Longer lines are refused.
  public static let maximumBytes = 64 * 1_024

  /// The JSON object, without a line break in it or behind it.
  public let line: [UInt8]

  public init(_ command: Command, _ members: [(name: String, value: Value)] = []) {
    line = JSONWriter.object { writer in
      writer.member("command", command.rawValue)
      for (name, value) in members {
        switch value {
        case .text(let text): writer.member(name, text)
        case .number(let number): writer.member(name, number)
        case .ticketTypes(let types): writer.member(name, types)
        }
      }
    }
  }
}

extension AdminRequest.TicketType: JSONWritable {
  func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("name", name)
      if let capacity { writer.member("capacity", capacity) }
    }
  }
}
