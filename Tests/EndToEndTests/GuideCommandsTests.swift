// Guides whose commands are run as they stand there: GuideCommands.
import TestSupport
import Testing

@Suite(
  "Commands of the guides", .timeLimit(.minutes(30)),
  .enabled(if: isInstalled("python3") && isInstalled("curl"), "no python3 or no curl on PATH"))
struct GuideCommandsTests {
  @Test("SELL.md opens a box office, sells, changes the capacity, lists the bookings and makes a backup")
  func sell() throws {
    let guide = try GuideCommands("SELL.md")
    let said = try guide.run(
      """
      grep -o '"status":"confirmed"' <<< "$(curl -s "http://127.0.0.1:$SEATCAST_PORT/api/bookings?eventId=1" \
        -H "Authorization: Bearer $(cat admin.token)")"
      seatcast restore before-the-show.db --verify
      """)
    #expect(said.contains("1   draft "), "\(said)")
    #expect(said.contains(#""availableSeats":118"#))
    #expect(said.contains("140       2     0     138"), "\(said)")
    #expect(said.contains(#""status":"confirmed""#))
  }

  @Test(
    "LOG_IN.md: a site's visitors book with tokens that it signs, first by a secret, then by a key",
    .enabled(if: isInstalled("openssl"), "no openssl on PATH"))
  func logIn() throws {
    let guide = try GuideCommands("LOG_IN.md")
    let site = "http://127.0.0.1:\(guide.otherPort)"
    // The steps of "Keys instead of a secret" end as those before did, with the requests of step 4.
    let said = try guide.run(
      """
      curl -s -c later.cookies \(site)/log-in -d name=bob
      curl -s -b later.cookies \(site)/seat-token > later.token
      seatcast token inspect "$(cat later.token)" --accounts external --issuer https://www.shop.example --jwks-file keys.json
      curl -s http://127.0.0.1:$SEATCAST_PORT/api/bookings -H "Authorization: Bearer $(cat later.token)" \
        -H 'Content-Type: application/json' -d '{"eventId":1,"quantity":3}'
      curl -s -o refused -w 'then %{http_code}' http://127.0.0.1:$SEATCAST_PORT/api/auth/me \
        -H "Authorization: Bearer $(cat seat.token)"
      curl -s -w ' and %{http_code}' \(site)/seat-token
      """)
    #expect(said.contains(#""name":"ada""#) && said.contains(#""availableSeats":48"#), "\(said)")
    #expect(said.contains("EdDSA") && said.contains(#""availableSeats":45"#), "\(said)")
    #expect(said.contains("then 401"), "a token of the secret counts no longer")
    #expect(said.contains("Nobody is logged in.\n and 401"))
  }

  @Test("LIVE_COUNT.md: the example is served, and the server lets its page watch without an account")
  func liveCount() throws {
    // ClientTests packs the client and installs it.
    let guide = try GuideCommands("LIVE_COUNT.md", without: "pack-client")
    let said = try guide.run(
      """
      curl -s http://127.0.0.1:\(guide.otherPort)/live_count.html | grep -o '<seat-count event="1">'
      curl -s http://127.0.0.1:$SEATCAST_PORT/seat-count.js | grep -om1 seat-count
      curl -sN --max-time 2 -D - -H "Origin: http://127.0.0.1:\(guide.otherPort)" \
        http://127.0.0.1:$SEATCAST_PORT/api/events/1/stream || true
      """)
    #expect(said.contains(#"<seat-count event="1">"#))
    #expect(said.contains("Access-Control-Allow-Origin: http://127.0.0.1:\(guide.otherPort)\r\n"), "\(said)")
    #expect(said.contains(#""availableSeats":50"#), "\(said)")
  }

  @Test("CHECKOUT.md: the shop starts with the token that the guide mints, and holds end after five seconds")
  func checkout() throws {
    let guide = try GuideCommands("CHECKOUT.md")
    let said = try guide.run("curl -s http://127.0.0.1:\(guide.otherPort)/; cat shop.token")
    #expect(said.contains(#""holdSeconds":5"#), "\(said)")
    #expect(said.contains("<html") && said.contains("Chamber Concert") && said.contains("eyJ"))
  }

  @Test("FEED.md: the consumer mirrors a booking that is made by the command which the server printed")
  func feed() throws {
    let guide = try GuideCommands("FEED.md")
    let said = try guide.run(
      """
      eval "$(sed -n 's/^ *\\(curl -X POST\\)/\\1/p' server.out)"
      for _ in {1..100}; do
        python3 docs/guides/feed_consumer.py --database mirror.db --summary | grep '"BK-' && break
        sleep 0.1
      done
      cat consumer.out
      """)
    #expect(said.contains(#""bookings": {"BK-"#) && said.contains(" booking_confirmed BK-"), "\(said)")
  }
}
