import TestSupport
import Testing

@testable import ControlPlane

@Suite("OpenAPI")
struct OpenAPITests {
  private func document() throws -> JSON { try JSON(parsing: OpenAPI(version: "1.2.3").document) }

  /// Every `$ref` of a document.
  static func references(_ value: JSON) -> Set<String> {
    var found = Set(value["$ref"]?.string.map { [$0] } ?? [])
    for child in value.members?.values.map({ $0 }) ?? value.array ?? [] { found.formUnion(references(child)) }
    return found
  }

  @Test("The document is OpenAPI 3.1 with every operation of the table")
  func operations() throws {
    let document = try document()
    #expect(document["openapi"]?.string == "3.1.0")
    #expect(document["info"]?["version"]?.string == "1.2.3")
    #expect(
      Set(APIContract(document).operations) == Set(Operations.all.map { "\($0.method) \($0.path)" }))
  }

  @Test("Every reference leads somewhere, and every schema is used")
  func references() throws {
    let document = try document()
    let schemas = JSONSchema(document)
    let references = Self.references(document)
    for reference in references { #expect(schemas.resolve(reference) != nil, "\(reference)") }
    for name in (document["components"]?["schemas"]?.members ?? [:]).keys {
      #expect(references.contains("#/components/schemas/\(name)"), "\(name)")
    }
  }

  @Test("Guarded operations name the scheme; where a token is a choice, none is one, too")
  func security() throws {
    let paths = try #require(try document()["paths"])
    func security(_ path: String, _ method: String) -> String? { paths[path]?[method]?["security"]?.text }
    #expect(security("/api/bookings", "post") == #"[{"bearer":[]}]"#)
    #expect(security("/api/events", "get") == #"[{},{"bearer":[]}]"#)
    #expect(security("/api/auth/login", "post") == "[]")
  }

  @Test("Schemas say what the server checks")
  func schemas() throws {
    let schemas = JSONSchema(try document())
    let event = try #require(schemas.resolve("#/components/schemas/EventDraft"))
    #expect(schemas.faults(of: ["name": "A", "seatCapacity": 3], by: event) == [])
    #expect(!schemas.faults(of: ["name": "A", "seatCapacity": 0], by: event).isEmpty)
    #expect(!schemas.faults(of: ["name": "A"], by: event).isEmpty)
    #expect(!schemas.faults(of: ["name": "A", "seatCapacity": 3, "maxPerUsr": 1], by: event).isEmpty)
    let status = schemas.resolve("#/components/schemas/Event")?["properties"]?["status"]?["enum"]?.array
    #expect(status?.compactMap(\.string) == PublicStatus.ofEvents.map(\.rawValue))
    let booking = schemas.resolve("#/components/schemas/Booking")?["properties"]?["status"]?["enum"]?.array
    #expect(Set(booking?.compactMap(\.string) ?? []) == ["held", "confirmed", "cancelled", "expired"])
  }
}
