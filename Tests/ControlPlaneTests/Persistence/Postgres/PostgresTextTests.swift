#if Cluster
  import Testing

  @testable import ControlPlane

  @Suite("PostgresText")
  struct PostgresTextTests {
    @Test(
      "a text is kept without NUL and comes back",
      arguments: [
        "", "a", "ü€😀", "\u{0}", "a\u{0}b\u{0}", "\u{10FFFF}", "\u{10FFFF}0", "\u{100000}x\u{10FFFF}\u{0}",
      ])
    func roundTrip(_ text: String) {
      let stored = PostgresText.stored(text)
      #expect(!stored.utf8.contains(0))
      #expect(PostgresText.plain(stored).hasSameBytes(as: text))
    }

    @Test("two texts are never kept as one")
    func injective() {
      let texts = ["\u{0}", "\u{10FFFF}", "\u{10FFFF}0", "\u{10FFFF}1", "0", "\u{0}0", "\u{10FFFF}\u{0}"]
      #expect(Set(texts.map { Array(PostgresText.stored($0).utf8) }).count == texts.count)
    }

    @Test("an ordinary text is kept as it is") func plain() {
      #expect(PostgresText.stored("Größe") == "Größe")
    }
  }
#endif
