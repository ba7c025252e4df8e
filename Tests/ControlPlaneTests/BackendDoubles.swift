// A backend in a folder of its own, with everything around it in the test's hand.

import TestSupport

@testable import ControlPlane

struct BackendFixture {
  let folder: TemporaryFolder
  let stage = Stage()
  let incidents = IncidentList()

  init() throws { folder = try TemporaryFolder() }

  func open(
    _ threads: Backend.Threads = .inline, _ change: (inout Backend.Configuration) -> Void = { _ in }
  ) throws -> Backend {
    var configuration = Backend.Configuration(dataFolder: folder.path)
    configuration.passwordCost = .insecureTest
    change(&configuration)
    return try Backend.open(
      configuration, notices: stage, replies: stage, observer: incidents, threads: threads)
  }

  func request(
    _ ticket: UInt64, _ method: String, _ path: String, token: String? = nil, body: String = "",
    key: String? = nil
  ) -> Request {
    var fields: [Request.Field] = []
    if !body.isEmpty { fields.append(.init(name: "content-type", value: "application/json")) }
    if let token { fields.append(.init(name: "authorization", value: "Bearer \(token)")) }
    if let key { fields.append(.init(name: "idempotency-key", value: key)) }
    return Request(
      method: method, path: path, fields: fields, body: Array(body.utf8),
      ticket: ReplyTicket(high: 0, low: ticket))
  }

  func login(_ ticket: UInt64, _ email: String, _ password: String) -> Request {
    request(
      ticket, "POST", "/api/auth/login", body: #"{"email":"\#(email)","password":"\#(password)"}"#)
  }

  func status(_ ticket: UInt64) -> Int? { stage.replies[ticket]?.status }

  func body(_ ticket: UInt64) -> String {
    String(decoding: stage.replies[ticket]?.body ?? [], as: UTF8.self)
  }
}
