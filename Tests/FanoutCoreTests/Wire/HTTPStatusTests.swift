import Testing

@testable import FanoutCore

@Suite("HTTP status")
struct HTTPStatusTests {
  @Test("Every status that the server sends has its phrase")
  func phrases() {
    for status in [101, 200, 201, 204, 304, 400, 401, 403, 404, 405, 409, 410, 412, 413, 414, 415, 417, 422] {
      #expect(!HTTPStatus.phrase(of: status).isEmpty, "\(status)")
    }
    for status in [426, 429, 431, 500, 501, 503, 505] { #expect(!HTTPStatus.phrase(of: status).isEmpty) }
    #expect(HTTPStatus.phrase(of: 404) == "Not Found")
    #expect(HTTPStatus.phrase(of: 299) == "")
  }

  @Test("Interim answers, 204 and 304 have no body")
  func bodiless() {
    #expect([100, 101, 204, 304].allSatisfy(HTTPStatus.isBodiless))
    #expect(![200, 205, 400, 500].contains(where: HTTPStatus.isBodiless))
  }
}
