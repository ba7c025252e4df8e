// The page's files, served by the loops from memory. They are copied from CWebAssets once at start.
import CWebAssets
import FanoutCore

struct StaticFiles: Sendable {
  struct File: Sendable {
    let contentType: String
    let bytes: [UInt8]
    /// Strong (RFC 9110, section 8.8.3): a hash of the bytes.
    let etag: String

    init(contentType: String, bytes: [UInt8]) {
      (self.contentType, self.bytes) = (contentType, bytes)
      etag = "\"\(fingerprint(bytes))\""
    }
  }

  private let files: [String: File]

  init(_ files: [String: File]) { self.files = files }

  /// The files that are compiled into the executable.
  static func embedded() -> StaticFiles {
    var count = 0
    guard let assets = unsafe web_assets(&count) else { return StaticFiles([:]) }
    var files: [String: File] = [:]
    for index in 0..<count {
      let asset = unsafe assets[index]
      let bytes = unsafe Array(UnsafeBufferPointer(start: asset.bytes, count: asset.count))
      let contentType = unsafe String(cString: asset.content_type)
      files[unsafe String(cString: asset.path)] = File(contentType: contentType, bytes: bytes)
    }
    return StaticFiles(files)
  }

  func adding(_ more: [String: File]) -> StaticFiles {
    StaticFiles(files.merging(more) { _, new in new })
  }

  /// Nil when there is no file at this path. `HEAD` is answered like `GET`; the loop leaves the body out.
  func answer(_ head: HTTPRequestHead) -> HTTPResponse? {
    guard let file = files[head.path] else { return nil }
    if let refusal = Answers.unlessReading(head) { return refusal }
    let validators = Self.common + [(name: "ETag", value: file.etag)]
    if Self.isFresh(head.all("If-None-Match"), file.etag) {
      return HTTPResponse(status: 304, fields: validators)
    }
    let type = [(name: "Content-Type", value: file.contentType)]
    return HTTPResponse(status: 200, fields: type + validators, body: file.bytes)
  }

  /// Browsers revalidate on each use, so that a new release shows at once; the ETag makes that cheap.
  private static let common: [(name: String, value: String)] =
    [
      (name: "Cache-Control", value: "no-cache"),
      (name: "Content-Security-Policy", value: contentSecurityPolicy),
    ]

  /// Scripts and styles from this server only; WebSockets also to another name, because the page may be proxied.
  static let contentSecurityPolicy =
    "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    + "form-action 'self'; frame-ancestors 'none'"

  /// `If-None-Match` by weak comparison (RFC 9110, section 13.1.2).
  private static func isFresh(_ fields: [String], _ etag: String) -> Bool {
    fields.flatMap { $0.split(separator: ",") }.contains { candidate in
      let tag = candidate.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }
      return tag == "*" || tag == etag || tag == "W/" + etag
    }
  }
}

/// FNV-1a, 64 bits, in hexadecimal: the same bytes have the same tag in every run.
private func fingerprint(_ bytes: [UInt8]) -> String {
  var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
  return String(hash, radix: 16) + "-" + String(bytes.count, radix: 16)
}
