import TestSupport
import Testing

@testable import seatcast

@Suite("What 'config print' prints")
struct ConfigPrintTests {
  private let file = ConfigFile(path: "/etc/f", bytes: Array("port = 7\ndata = \"/d # e\"\n".utf8))

  private func settings(_ flags: [Setting: String], _ environment: [String: String] = [:]) -> Settings {
    Settings(flags: flags, environment: environment, table: .configPrint, file: file)
  }

  @Test("What is set is printed with its source, in the form of the file")
  func given() {
    let settings = settings([.watch: "public", .demo: ""], ["SEATCAST_JWT_SECRET": "hush hush hush"])
    let text = ConfigPrint.text(ConfigPrint.lines(settings, effective: false), settings)
    #expect(
      text == """
        # Configuration file: /etc/f
        port = 7                 # /etc/f:1
        data = "/d # e"          # /etc/f:2
        # jwt-secret = (secret)  # SEATCAST_JWT_SECRET
        watch = public           # --watch
        # demo = on              # --demo

        """)
    #expect(ConfigFile(path: "g", bytes: Array(text.utf8)).entries[.data]?.value == "/d # e")
  }

  @Test(
    "Of a URL everything but its password is shown",
    arguments: [
      ("postgres://a:hush@h:5432/d?x=1", "postgres://a:(secret)@h:5432/d?x=1"), ("nats://h", "nats://h"),
      ("nats://a:hu:sh@h,nats://b:hush@i", "nats://a:(secret)@h,nats://b:(secret)@i"),
      ("nats://hush@h", "nats://(secret)@h"), ("postgres://a:hu@sh@h/d", "postgres://a:(secret)@h/d"),
      ("hush", "(secret)"), ("postgres://h/d?password=hush&a=b", "postgres://h/d?password=(secret)&a=b"),
    ])
  func passwords(url: String, shown: String) {
    #expect(ConfigPrint.maskingPasswords(url) == shown)
    let settings = settings([.store: url])
    let lines = ConfigPrint.lines(settings, effective: false)
    #expect(lines.first { $0.setting == .store }?.value == shown)
  }

  @Test("No secret is ever shown")
  func masked() {
    let environment = ["SEATCAST_JWT_SECRET": "hush-1", "SEATCAST_ADMIN_PASSWORD": "hush-2"]
    let settings = settings([:], environment)
    let lines = ConfigPrint.lines(settings, effective: true)
    for text in [ConfigPrint.text(lines, settings), ConfigPrint.json(lines, settings)] {
      #expect(!text.contains("hush") && text.contains(ConfigPrint.mask))
    }
  }

  @Test(
    "With nothing set the effective settings are the documented defaults", arguments: CommandTable.serve.flags
  )
  func effective(row: Flag) throws {
    let nothing = Settings(flags: [:], environment: [:], table: .configPrint)
    let line = ConfigPrint.lines(nothing, effective: true).first { $0.setting == row.setting }
    if row.setting == .config { return #expect(line == nil) }
    let found = try #require(line)
    #expect(found.isDefault && found.isReloadable == (row.effect == .onReload))
    switch row.fallback {
    case .value(let text)?: #expect(found.value == text && found.source == "default")
    case .words(let words)?: #expect(found.value == nil && found.source == "default: \(words)")
    case nil: #expect(found.value == nil)
    }
    #expect(ConfigPrint.lines(nothing, effective: false) == [])
  }

  @Test("As JSON each setting is a member with value, source and whether it can be reloaded")
  func json() throws {
    let settings = settings([:])
    let document = try JSON(parsing: ConfigPrint.json(ConfigPrint.lines(settings, effective: true), settings))
    #expect(document["file"] == .string("/etc/f"))
    let port = document["settings"]?["port"]
    #expect(port?["value"] == .string("7") && port?["source"] == .string("/etc/f:1"))
    #expect(port?["default"] == .bool(false))
    #expect(document["settings"]?["origins"]?["reloadable"] == .bool(true))
  }
}
