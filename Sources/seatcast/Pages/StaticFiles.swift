// The page's files, the JavaScript client and the element, served by the loops from memory. They are copied from
// CWebAssets and compressed once at start, and each answer is made then, too
// (docs/decisions/0029-files-are-compressed-at-start.md). Immutable afterwards; any thread.
import CWebAssets
import FanoutCore

struct StaticFiles: Sendable {
  /// One file in its representations: as it is, and compressed when that is shorter.
  struct File: Sendable {
    let plain: Representation
    let compressed: Representation?

    /// - Parameter commonLines: when pages of other origins may load the file: the lines that its answers have in place
    ///   of those of every answer.
    init(contentType: String, bytes: [UInt8], commonLines: [UInt8]? = nil) {
      let tag = fingerprint(bytes)
      var gzipped = Gzip.compress(bytes)
      if let count = gzipped?.count, count >= bytes.count { gzipped = nil }
      let varies = gzipped == nil ? [] : [(name: "Vary", value: "Accept-Encoding")]
      let type = [(name: "Content-Type", value: contentType)]
      let sharing = commonLines == nil ? [] : [(name: "Access-Control-Allow-Origin", value: "*")]
      let fields = varies + sharing
      plain = Representation(
        etag: "\"\(tag)\"", fields: fields, content: type, bytes: bytes, commonLines: commonLines)
      compressed = gzipped.map {
        Representation(
          etag: "\"\(tag)-gzip\"", fields: fields,
          content: type + [(name: "Content-Encoding", value: "gzip")], bytes: $0, commonLines: commonLines)
      }
    }
  }

  struct Representation: Sendable {
    /// Strong, so another one for each representation (RFC 9110, section 8.8.3): a hash of the plain bytes.
    let etag: String
    let whole: HTTPResponse
    let notModified: HTTPResponse
    /// For an `If-Match` of other tags.
    let mismatched: HTTPResponse

    /// - Parameters:
    ///   - fields: of both answers.
    ///   - content: fields that describe the body.
    fileprivate init(
      etag: String, fields: [(name: String, value: String)], content: [(name: String, value: String)],
      bytes: [UInt8], commonLines: [UInt8]?
    ) {
      let validators = StaticFiles.common + fields + [(name: "ETag", value: etag)]
      var whole = HTTPResponse(status: 200, fields: content + validators, body: bytes)
      var notModified = HTTPResponse(status: 304, fields: validators)
      var mismatched = Answers.problem(
        412, "precondition-failed", title: "Precondition failed", fields: [(name: "ETag", value: etag)])
      whole.commonLines = commonLines
      notModified.commonLines = commonLines
      mismatched.commonLines = commonLines
      (self.etag, self.whole) = (etag, whole)
      (self.notModified, self.mismatched) = (notModified, mismatched)
    }
  }

  private let files: [String: File]

  init(_ files: [String: File]) { self.files = files }

  /// The files that are compiled into the executable.
  /// - Parameters:
  ///   - isSecure: as for `Answers.commonLines`.
  ///   - watch: who may watch; the page reads it there instead of trying a connection that is refused.
  static func embedded(isSecure: Bool = false, watch: Watch = .authenticated) -> StaticFiles {
    var count = 0
    guard let assets = unsafe web_assets(&count) else { return StaticFiles([:]) }
    let shared = Answers.commonLines(isSecure: isSecure, isShared: true)
    var files: [String: File] = [:]
    for index in 0..<count {
      let asset = unsafe assets[index]
      let contentType = unsafe String(cString: asset.content_type)
      var bytes = unsafe Array(UnsafeBufferPointer(start: asset.bytes, count: asset.count))
      if contentType.hasPrefix("text/html") { bytes = told(watch, bytes) }
      files[unsafe String(cString: asset.path)] = unsafe File(
        contentType: contentType, bytes: bytes, commonLines: asset.is_shared != 0 ? shared : nil)
    }
    return StaticFiles(files)
  }

  /// The line of the page that says who may watch, as it stands in the file.
  private static let watchLine = Array(#"<meta name="seatcast-watch" content="authenticated">"#.utf8)

  /// A page without that line stays as it is.
  private static func told(_ watch: Watch, _ bytes: [UInt8]) -> [UInt8] {
    guard watch != .authenticated, let line = bytes.firstRange(of: watchLine) else { return bytes }
    let told = #"<meta name="seatcast-watch" content="\#(watch.rawValue)">"#
    return Array(bytes[..<line.lowerBound]) + Array(told.utf8) + bytes[line.upperBound...]
  }

  func has(_ path: String) -> Bool { files[path] != nil }

  func adding(_ more: [String: File]) -> StaticFiles {
    StaticFiles(files.merging(more) { _, new in new })
  }

  /// Nil when there is no file at this path. `HEAD` is answered like `GET`; the loop leaves the body out.
  func answer(_ head: HTTPRequestHead) -> HTTPResponse? {
    guard let file = files[head.path] else { return nil }
    if let refusal = Answers.unlessReading(head) { return refusal }
    var chosen = file.plain
    if let compressed = file.compressed, Gzip.isWanted(by: head.all("Accept-Encoding")) {
      chosen = compressed
    }
    let required = head.all("If-Match")
    if !required.isEmpty, !Self.names(required, chosen.etag, isStrong: true) { return chosen.mismatched }
    return Self.names(head.all("If-None-Match"), chosen.etag) ? chosen.notModified : chosen.whole
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

  /// Whether the tag is among those of the fields: `If-None-Match` compares weakly, `If-Match` strongly (RFC 9110, section
  /// 13.1).
  private static func names(_ fields: [String], _ etag: String, isStrong: Bool = false) -> Bool {
    fields.flatMap { $0.split(separator: ",") }.contains { candidate in
      let tag = candidate.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }
      return tag == "*" || tag == etag || !isStrong && tag == "W/" + etag
    }
  }
}

/// FNV-1a, 64 bits, in hexadecimal: the same bytes have the same tag in every run.
private func fingerprint(_ bytes: [UInt8]) -> String {
  var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
  return String(hash, radix: 16) + "-" + String(bytes.count, radix: 16)
}
