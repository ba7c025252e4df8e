// What comes of an administrator's request, as one line of JSON: `{"ok":true,"result":{…},"text":"…"}`, where `text` is
// the result for people, or `{"ok":false,"kind":"data","error":"One sentence."}`. A value; any thread.

public struct AdminAnswer: Sendable, Equatable {
  public enum Outcome: Sendable, Equatable {
    /// The result as JSON, for scripts, and as text that ends with a line break, for people.
    case done(json: [UInt8], text: String)
    case failed(Failure)
  }

  public struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Kind: String, CaseIterable, Sendable {
      /// What was given cannot be: a value out of its bounds, say.
      case data
      /// Not now: the disk takes no writes, or a queue is full.
      case unavailable
      /// A rule forbids it, or what it names does not exist.
      case refused
    }

    public let kind: Kind
    /// One sentence.
    public let description: String

    public init(_ kind: Kind, _ sentence: String) { (self.kind, description) = (kind, sentence) }
  }

  public let outcome: Outcome

  public init(_ outcome: Outcome) { self.outcome = outcome }

  init(_ result: some JSONWritable, _ text: String) {
    var writer = JSONWriter()
    result.write(to: &writer)
    self.init(.done(json: writer.bytes, text: text))
  }

  // MARK: The line

  /// The JSON object, without a line break in it or behind it.
  public var line: [UInt8] {
    JSONWriter.object { writer in
      switch outcome {
      case .done(let json, let text):
        writer.member("ok", true)
        writer.name("result")
        writer.verbatim { $0 += json }
        writer.member("text", text)
      case .failed(let failure):
        writer.member("ok", false)
        writer.member("kind", failure.kind.rawValue)
        writer.member("error", failure.description)
      }
    }
  }

  /// Nil when it is no answer.
  public init?(line: [UInt8]) {
    guard let document = try? StrictJSON.scan(line), document.isObject,
      let isDone = document.member("ok").flatMap(document.bool)
    else { return nil }
    func text(_ name: String) -> String? { document.member(name).flatMap(document.text) }
    if isDone {
      guard let result = document.member("result"), let words = text("text") else { return nil }
      let node = document.nodes[result]
      self.init(.done(json: Array(document.bytes[Int(node.start)..<Int(node.end)]), text: words))
    } else {
      guard let kind = text("kind").flatMap(Failure.Kind.init), let sentence = text("error") else {
        return nil
      }
      self.init(.failed(Failure(kind, sentence)))
    }
  }
}

extension AdminAnswer.Failure {
  /// The problem's detail, or what is wrong with the first of the members that are wrong.
  init(_ problem: Problem) {
    let kind: Kind =
      switch problem.type.status {
      case 400, 415, 422: .data
      case 500...: .unavailable
      default: .refused
      }
    guard let fault = problem.errors.first else {
      self.init(kind, problem.detail)
      return
    }
    let name = fault.pointer.text.dropFirst()
    self.init(kind, name.isEmpty ? "The request \(fault.detail)." : "\(name) \(fault.detail).")
  }
}
