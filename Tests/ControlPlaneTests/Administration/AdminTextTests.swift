import Testing

@testable import ControlPlane

@Suite("AdminText")
struct AdminTextTests {
  @Test("columns are as wide as their widest cell, and nothing trails")
  func table() {
    #expect(
      AdminText.table(["ID", "NAME"], [["1", "Äöü"], ["200", "x"]], empty: "none")
        == "ID   NAME\n1    Äöü\n200  x\n")
    #expect(AdminText.table(["ID"], [], empty: "There are none.") == "There are none.\n")
  }

  @Test("facts without a value are left out")
  func facts() {
    #expect(AdminText.facts([("a", "1"), ("long", nil), ("bcd", "2")]) == "a    1\nbcd  2\n")
  }

  @Test("text from outside cannot control a terminal")
  func escapes() {
    #expect(AdminText.facts([("a", "x\u{1B}[2J\n\u{202E}y")]) == "a  x\u{FFFD}[2J\u{FFFD}\u{FFFD}y\n")
  }
}
