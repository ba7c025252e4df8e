#if Cluster
  import Testing

  @testable import ControlPlane

  @Suite("ClusterNews as JSON")
  struct ClusterNewsTests {
    private static let ada = Identity(issuer: "https://id.example", subject: .text("a\"\u{0}ü"))

    @Test(
      "news come back as they were told",
      arguments: [
        ClusterNews.loggedOut(ada, before: Instant(milliseconds: 7)),
        .loggedOut(.everybody(of: "i"), before: Instant(milliseconds: 8)), .disabled(.local(3), true),
        .disabled(.local(3), false), .serviceTokens, .told(ada, text: Array(#"{"a":"é\n"}"#.utf8)),
      ])
    func roundTrip(_ news: ClusterNews) { #expect(ClusterNews(json: news.json) == news) }

    @Test(
      "what another version tells, or nobody, is passed over",
      arguments: [#"{"kind":"later","issuer":"i","subject":"s"}"#, #"{"kind":"disabled"}"#, "[]", "", "{"])
    func unknown(_ text: String) { #expect(ClusterNews(json: Array(text.utf8)) == nil) }
  }
#endif
