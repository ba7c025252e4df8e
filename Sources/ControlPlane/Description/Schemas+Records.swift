// The schemas of service tokens and of the audit log.

extension Schemas {
  private static let scopes =
    #"{"type":"array","minItems":1,"items":{"enum":["feed:read","bookings:confirm"]}}"#
  private static let serviceToken = #"""
    "id":{"type":"integer","minimum":1},"name":{"type":"string"},"scopes":\#(scopes),"createdAt":\#(time),
    "expiresAt":\#(time)
    """#

  static let records: [NamedSchema] = [
    NamedSchema(
      "NewServiceToken",
      #"""
      {"type":"object","required":["name","scopes"],"properties":{
      "name":{"type":"string","minLength":1,"maxLength":100},"scopes":\#(scopes),
      "expiresAt":{"type":["string","null"],"format":"date-time","description":"A year from now, if absent."}},
      "additionalProperties":false}
      """#),
    NamedSchema(
      "ServiceToken",
      #"""
      {"type":"object","required":["id","name","scopes","createdAt","expiresAt"],"properties":{\#(serviceToken)}}
      """#),
    NamedSchema(
      "MintedServiceToken",
      #"""
      {"type":"object","required":["id","name","scopes","createdAt","expiresAt","token"],"properties":{
      \#(serviceToken),"token":{"type":"string"}}}
      """#),
    NamedSchema(
      "ServiceTokenList",
      #"""
      {"type":"object","required":["items"],"properties":{
      "items":{"type":"array","items":{"$ref":"#/components/schemas/ServiceToken"}}}}
      """#),
    NamedSchema(
      "AuditEntry",
      #"""
      {"type":"object","required":["id","at","issuer","subject","address","action","object","detail"],
      "properties":{"id":{"type":"integer","minimum":1},"at":\#(time),"issuer":{"type":["string","null"]},
      "subject":{"type":["string","null"]},"address":{"type":["string","null"]},"action":{"type":"string"},
      "object":{"type":["string","null"]},"detail":{"type":["object","null"]}}}
      """#),
    NamedSchema("AuditPage", page(of: "AuditEntry")),
  ]
}
