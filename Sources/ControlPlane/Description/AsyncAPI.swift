// `/asyncapi.json` (AsyncAPI 3.0.0), written from the messages of `Schemas`. Made once, at start.

struct AsyncAPI {
  let version: String

  /// Where a WebSocket is opened.
  private struct Channel {
    let name: String
    let address: String
    let summary: String
  }

  private static let channels = [
    Channel(name: "session", address: "/ws", summary: "A connection without a subscription."),
    Channel(
      name: "event", address: "/ws/events/{eventId}", summary: "A connection that is subscribed to an event."),
  ]

  var document: [UInt8] {
    JSONWriter.object { writer in
      writer.member("asyncapi", "3.0.0")
      writer.info("seatcast, the live protocol", version: version, Self.introduction)
      writer.member("defaultContentType", "application/json")
      writer.name("channels")
      writer.object { writer in
        for channel in Self.channels {
          writer.name(channel.name)
          writer.object { Self.write(channel, &$0) }
        }
      }
      writer.name("operations")
      writer.object(Self.operations)
      writer.name("components")
      writer.object(Self.components)
    }
  }

  private static let introduction =
    "WebSocket, one JSON object per text frame. Every change of an event has the event's next seq; availableSeats is"
    + " exact after that change. The same messages come as an event stream at /api/events/{id}/stream."

  private static func write(_ channel: Channel, _ writer: inout JSONWriter) {
    writer.member("address", channel.address)
    writer.member("description", channel.summary)
    if channel.address.contains("{eventId}") {
      writer.name("parameters")
      writer.object { writer in
        writer.name("eventId")
        writer.object { $0.member("description", "The event's number.") }
      }
    }
    writer.name("messages")
    writer.object { writer in
      for message in Schemas.messages {
        writer.name(message.name)
        writer.object { $0.member("$ref", "#/components/messages/\(message.name)") }
      }
    }
    writer.name("bindings")
    writer.object { writer in
      writer.name("ws")
      writer.object { writer in
        writer.member("method", "GET")
        writer.name("query")
        writer.verbatim { $0 += query.utf8 }
      }
    }
  }

  private static let query = #"""
    {"type":"object","properties":{
    "token":{"type":"string","description":"The token, unless Authorization or the subprotocol list has it."},
    "connect":{"type":"string","description":"A connection token, instead of any other."},
    "since":{"type":"integer","minimum":0,"description":"Resume after this seq."},
    "epoch":{"type":"string","description":"The epoch of since."}}}
    """#

  /// From the server's side: it sends and receives.
  private static func operations(_ writer: inout JSONWriter) {
    for channel in channels {
      for isFromClient in [false, true] {
        writer.name(
          (isFromClient ? "receive" : "send") + channel.name.prefix(1).uppercased() + channel.name.dropFirst()
        )
        writer.object { writer in
          writer.member("action", isFromClient ? "receive" : "send")
          writer.name("channel")
          writer.object { $0.member("$ref", "#/channels/\(channel.name)") }
          writer.name("messages")
          writer.array { writer in
            for message in Schemas.messages where message.isFromClient == isFromClient {
              writer.object { $0.member("$ref", "#/channels/\(channel.name)/messages/\(message.name)") }
            }
          }
        }
      }
    }
  }

  private static func components(_ writer: inout JSONWriter) {
    writer.name("messages")
    writer.object { writer in
      for message in Schemas.messages {
        writer.name(message.name)
        writer.object { writer in
          writer.member("name", message.type)
          writer.member("summary", message.summary)
          writer.name("payload")
          writer.object { $0.member("$ref", "#/components/schemas/\(message.name)") }
        }
      }
    }
    writer.name("schemas")
    writer.object { OpenAPI.schemas([], Schemas.messages, &$0) }
  }
}
