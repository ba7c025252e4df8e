// Accessibility, judged by axe-core, which script/bootstrap --tests fetches: what a page shows, in light and dark. Without
// animations, because colours are judged as they are at that moment.
import TestSupport

/// The script, nil when it was not fetched.
let axe = contents(of: SourceTree.root + "/.build-tools/axe.min.js").map {
  String(decoding: $0, as: UTF8.self)
}

extension BrowserPage {
  /// Shows the page as somebody has it who prefers `light` or `dark`.
  func show(_ scheme: String) throws {
    let features: JSON = [
      ["name": "prefers-color-scheme", "value": .string(scheme)],
      ["name": "prefers-reduced-motion", "value": "reduce"],
    ]
    _ = try browser.command("Emulation.setEmulatedMedia", ["features": features], session: session)
  }

  /// Fails the test where axe-core finds a violation, in light or dark.
  func requireAccessible(_ state: String) throws {
    if try evaluate("typeof axe") == "undefined" { _ = try evaluate((axe ?? "") + ";0") }
    let judge = """
      axe.run().then(({ violations, passes }) => {
        const faults = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
        return passes.length > 10 ? faults.join('; ') : 'nothing was judged'
      })
      """
    for scheme in ["light", "dark"] {
      try show(scheme)
      let faults = try evaluate(judge)
      guard faults == "" else { throw TestFailure("\(state), \(scheme): \(faults.text)") }
    }
  }
}
