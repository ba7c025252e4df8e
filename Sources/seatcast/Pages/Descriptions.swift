// The descriptions of the API as files: `/openapi.json`, `/asyncapi.json` and `/docs`, made by the control plane once at
// start and served like any other file.
import ControlPlane
import FanoutCore

extension StaticFiles {
  /// The embedded files and the descriptions.
  static func described(isSecure: Bool = false, watch: Watch = .authenticated) -> StaticFiles {
    let version = Version.number
    return embedded(isSecure: isSecure, watch: watch).adding([
      "/openapi.json": File(
        contentType: "application/json", bytes: APIDescription.openAPI(version: version)),
      "/asyncapi.json": File(
        contentType: "application/json", bytes: APIDescription.asyncAPI(version: version)),
      "/docs": File(contentType: "text/html; charset=utf-8", bytes: APIDescription.page(version: version)),
    ])
  }
}
