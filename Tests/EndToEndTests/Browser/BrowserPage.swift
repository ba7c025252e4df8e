// One page of a `Chromium`, used the way a person uses it: elements are named by their data-test attribute,
// fields are filled, buttons clicked, words read. Waits give up after the usual patience.
import TestSupport

struct BrowserPage {
  let browser: Chromium
  let session: String
  /// The cookies and storage that tabs of one person share.
  let context: JSON
  let target: JSON

  func open(_ address: String) throws {
    let answer = try browser.command("Page.navigate", ["url": .string(address)], session: session)
    if let failure = answer["errorText"]?.string { throw TestFailure("cannot open \(address): \(failure)") }
  }

  /// The value of a JavaScript expression (a promise is awaited).
  func evaluate(_ expression: String) throws -> JSON {
    let answer = try browser.command(
      "Runtime.evaluate",
      ["expression": .string(expression), "awaitPromise": true, "returnByValue": true], session: session)
    if let exception = answer["exceptionDetails"] { throw TestFailure("\(expression): \(exception.text)") }
    return answer["result"]?["value"] ?? .null
  }

  /// Waits until an expression is true. The page may be on its way to another view, so an exception is a no.
  func wait(_ sentence: String, until condition: String) throws {
    let guarded = "(() => { try { return Boolean(\(condition)) } catch { return false } })()"
    try eventually(sentence) { (try? evaluate(guarded)) == .bool(true) }
  }

  /// Fails the test unless an expression is true now.
  func require(_ sentence: String, _ condition: String) throws {
    guard try evaluate("Boolean(\(condition))") == true else { throw TestFailure("not so: \(sentence)") }
  }

  func click(_ name: String) throws {
    try wait("\(name) can be clicked", until: "\(element(name)) && !\(element(name)).disabled")
    _ = try evaluate("\(element(name)).click()")
  }

  /// Puts a value into a field and tells the page, as typing does.
  func fill(_ name: String, _ value: String) throws {
    try wait("\(name) is there", until: element(name))
    let text = JSON.string(value).text
    _ = try evaluate("\(element(name)).value = \(text)")
    _ = try evaluate("\(element(name)).dispatchEvent(new Event('input', { bubbles: true }))")
  }

  func text(_ name: String) throws -> String {
    try evaluate("\(element(name))?.textContent ?? ''").string ?? ""
  }

  /// The number that an element shows, without the commas of the page's language.
  func number(_ name: String) throws -> Int? {
    Int(try evaluate("\(element(name))?.dataset.value ?? ''").string ?? "")
  }

  func waitForNumber(_ expected: Int, in name: String) throws {
    try wait("\(name) shows \(expected)", until: "\(element(name)).dataset.value === '\(expected)'")
  }

  func logIn(_ email: String, _ password: String) throws {
    try fill("login-email", email)
    try fill("login-password", password)
    try click("login-button")
    try waitUntilLive()
  }

  func waitUntilLive() throws {
    try wait("the page is live", until: "\(element("connection-state")).dataset.state === 'live'")
  }

  /// Puts the keyboard's focus on an element.
  func focus(_ name: String) throws {
    try wait("\(name) is there", until: element(name))
    _ = try evaluate("\(element(name)).focus()")
  }

  /// Presses and releases the Enter key, wherever the focus is.
  func pressEnter() throws {
    for type in ["rawKeyDown", "char", "keyUp"] {
      var key: [String: JSON] = [
        "type": .string(type), "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13,
      ]
      if type == "char" { key["text"] = "\r" }
      _ = try browser.command("Input.dispatchKeyEvent", .object(key), session: session)
    }
  }

  /// A click with the mouse while the Ctrl key is held down.
  func controlClick(_ name: String) throws {
    try wait("\(name) is there", until: element(name))
    let edge = { (side: String) in
      try evaluate("Math.round(\(element(name)).getBoundingClientRect().\(side)) + 20")
    }
    let (x, y) = (try edge("left"), try edge("top"))
    for type in ["mousePressed", "mouseReleased"] {
      let event: JSON = [
        "type": .string(type), "x": x, "y": y, "button": "left", "clickCount": 1,
        "modifiers": 2,
      ]
      _ = try browser.command("Input.dispatchMouseEvent", event, session: session)
    }
  }

  /// Makes the window so wide, as a phone's when it is narrow.
  func resize(width: Int) throws {
    let size: JSON = [
      "width": .integer(width), "height": 800, "deviceScaleFactor": 1,
      "mobile": .bool(width < 600),
    ]
    _ = try browser.command("Emulation.setDeviceMetricsOverride", size, session: session)
  }

  /// Fails the test unless the element with this `id` has the keyboard's focus.
  func requireFocus(on id: String) throws {
    let focused = try evaluate("document.activeElement.id || document.activeElement.outerHTML.slice(0, 80)")
    guard focused == .string(id) else { throw TestFailure("the focus is on \(focused.text), not on \(id)") }
  }

  /// The first element with this data-test attribute, as a JavaScript expression.
  func element(_ name: String) -> String { "document.querySelector('[data-test=\"\(name)\"]')" }
}
