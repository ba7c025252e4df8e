// Public keys of another system, and tokens that it signed: made once with the openssl command, whose private keys were
// thrown away. Shares no code with the server. All tokens say the same: `ForeignKeys.claims`.

/// What an issuer with four signature algorithms publishes and signs.
public enum ForeignKeys {
  public static let issuer = "https://id.example"
  /// The end of all tokens is in the year 2286.
  public static let claims =
    #"{"iss":"https://id.example","sub":"ann","aud":"seatcast","iat":1700000000,"exp":9999999999}"#

  /// A key set of these keys.
  public static func set(_ keys: [String]) -> String { #"{"keys":["# + keys.joined(separator: ",") + "]}" }

  /// The key that made the tokens of an algorithm, with the name that they give it, and whatever else it is to say.
  public static func key(_ algorithm: String, more: String = "") -> String {
    let (name, members) =
      switch algorithm {
      case "RS256", "PS256": ("rsa", rsa)
      case "ES256": ("ec", p256)
      default: ("ed", ed25519)
      }
    return #"{"kid":"\#(name)",\#(members)\#(more)}"#
  }

  /// 2048 bits.
  public static let rsa = #"""
    "kty":"RSA","n":"xIHGjr8oUMB2g6L78zFszFVCDvIduqsH1Do1IwmVd5muy3JG9QS9Ngni5R4X9DyNpxX9JqQ\#
    OXHQqSNWmDVenxJNkslkxchT6MX5n8SWeMiKXeHSEAkCwqnW7jvk495atYV95dromE5Km1l3g0l6IDmql_5MJ_q2\#
    OoEEHBAFtQ3_a3W1CdTH7o9ACK73I4jSOlHEGJbLU7kXSXrva0auMYybggm1m0yMkVV-O3tAUxUVAnM_TUR8u0nb\#
    17NepHbx9905ajndE405WZrCCx0LK9BRilveManrfRZ5OZA7hqnu19UHsMe3xoLBiZXHJfUA28Un_7piB4RGvC5G\#
    rdId8-w","e":"AQAB"
    """#
  public static let p256 = #"""
    "kty":"EC","crv":"P-256","x":"HcftG1McOO-eV0X3Q2iWYaFuBmtbFxFnF-vJ69zLhYc","y":"OaW9ErDq\#
    n0mExOTEPpHMDorw53W8Gj96JPiFQZMIMUg"
    """#
  public static let ed25519 =
    #""kty":"OKP","crv":"Ed25519","x":"QVUcSUQCqwuln3OjCLxZhpjEn5xFf9px7Nyd99hhpZs""#
  /// Too short to be taken.
  public static let rsa1024 = #"""
    "kty":"RSA","n":"sJYlXFU91tDlMxLFXSezTco8D3uGjQ9I4llvW4t_fCSrnzEUC6-YOm-X_5_O7XL9uTU3OEH\#
    PJGxIW6TFdlRjdJDWGQvN4W_pf1OaDKX1aNaiBhM4iRy27qlhC-vtMzay1cW5Be5qlSpiKfyXKdCb3nWE2yj-Atx\#
    2WZCZnxmpSR0","e":"AQAB"
    """#
  /// A curve that the server does not know.
  public static let p384 = #"""
    "kty":"EC","crv":"P-384","x":"lF_o9ZQZh9ao3Fvo0mahXdeA5oyNX_6PMHVeWP1bAn7dFphs-18kR12u2u\#
    C7qc3P","y":"IjF-r5JTexMXD71aPwJQQQ5KN12cuCyeNzevo3jMkpJlKrqWFebTc4MWxgS8wWZg"
    """#

  public static let algorithms = ["RS256", "PS256", "ES256", "EdDSA"]

  /// A token that names its key.
  public static func token(_ algorithm: String) -> String { tokens[algorithm] ?? "" }

  /// The same token without `kid`.
  public static func namelessToken(_ algorithm: String) -> String { namelessTokens[algorithm] ?? "" }

  /// Signed with a salt of 20 bytes, where PS256 has 32.
  public static let shortSaltToken = """
    eyJhbGciOiJQUzI1NiIsImtpZCI6InJzYSJ9.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJzdWIiOiJhbm4iL\
    CJhdWQiOiJzZWF0Y2FzdCIsImlhdCI6MTcwMDAwMDAwMCwiZXhwIjo5OTk5OTk5OTk5fQ.lCxNTPGaIvGKuCo1Ivd4\
    XTu8AuPNWI1yblfY2Z2QjypPP5tGgiCNIRXGAMQLkcz211ifdvkw1XU9bVvVbXzeddnaZlBZL6c5e9Hsdiaev6lu2m\
    pvUWvpBL2LrTQOUXmgEIioahXum22TDnU5TFUxXtjnrv4-OvKpezKEJJ8BFxlVvUWDdOK5466VgZxoXGUxcUBqk6nD\
    7pNRk0Q0cD2CfUUIBopBWIqLqnLiRV8ObhFCxHwuUJ7IGPDwBfE-bjvMUsvR6HKBSjEV3ievUDgFaipoTAgwyz1TOS\
    jq0tRZCKTc901A2Tpuuv7ZVVFaGxtTkp49WyufnvG_KNdUr4Dyxg
    """

  private static let tokens = [
    "RS256": """
    eyJhbGciOiJSUzI1NiIsImtpZCI6InJzYSJ9.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJzdWIiOiJhbm4iL\
    CJhdWQiOiJzZWF0Y2FzdCIsImlhdCI6MTcwMDAwMDAwMCwiZXhwIjo5OTk5OTk5OTk5fQ.teS-CUwwuDKzPz-B1hZz\
    hzbyWUKB6VPAgW-2r-g9SHrQ2Orz4W8cCTFOhszCjEkKMiB2vRD9hta00YE6eT8DGwhUznh4l7LmEVlglEWQPwCHb-\
    9wZQtnkv-EjrO84UHPGQ-y0h0KM9Su92XGIIkItAWlTCyj44AdmOIlEoT2_E7tbYEl8IPDvuxlx0iGk7pZqX3vtLMJ\
    tZfx86Rkp3yf64kEyvWzXwEVw9EvKgWv15OIvFRGq75UsqEo7NbNjV4ZxkQTH0RKVhynRQk1wt7Tv8A2D2jj5OqUEQ\
    IjFz0dPwWHalaGoR_B5VSH4p45VeTG_ck3XJ4vYcP7UZapOdpaLw
    """,
    "PS256": """
    eyJhbGciOiJQUzI1NiIsImtpZCI6InJzYSJ9.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJzdWIiOiJhbm4iL\
    CJhdWQiOiJzZWF0Y2FzdCIsImlhdCI6MTcwMDAwMDAwMCwiZXhwIjo5OTk5OTk5OTk5fQ.jbEBpmnriY06xMkydK-r\
    Oqo99rAzBq6_OYqzKZgQkM7TYKPoO2q2GjkWrO2qMGoMKlwS3DhhbuJ_qR05wYFNrgtBMc3noKv7SXPvIOwLKMakLP\
    uCXN3F5yC41n8mMxhYDiH8lOLkTC0R0Q2dx0z_WkYJ4_YxA-TfWrkvOUCN9__ciqSwDSTlXM6IjNCutEQ7sFo9HhKu\
    ZrdXWIRb-EUCA9peBAE_xqrQ5ARoG9qtnWjWJjtLdn4lJ4766ut59qO6eol_azxUHn40ZEeiKuuhambc55mbvb2rny\
    kcvgF2tNxa4QJ-HqZbZuSwX4mRyEhk44r9dii_YVOrivsCBct2-w
    """,
    "ES256": """
    eyJhbGciOiJFUzI1NiIsImtpZCI6ImVjIn0.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJzdWIiOiJhbm4iLC\
    JhdWQiOiJzZWF0Y2FzdCIsImlhdCI6MTcwMDAwMDAwMCwiZXhwIjo5OTk5OTk5OTk5fQ.zJX_ptmRdjGNDhv3IzmOy\
    YKQVSMP3d--BmkO3cOE9o1n5n7fZzE2cTeQl-Oebinua8YRduiwoJ6z-qKxl9brLA
    """,
    "EdDSA": """
    eyJhbGciOiJFZERTQSIsImtpZCI6ImVkIn0.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJzdWIiOiJhbm4iLC\
    JhdWQiOiJzZWF0Y2FzdCIsImlhdCI6MTcwMDAwMDAwMCwiZXhwIjo5OTk5OTk5OTk5fQ.vyUsoj6Kqq-Q0YGnyEJyk\
    ZCE9ggYriDl-uTxt_u55pmxryv0xPcloWacBI346a0mIuMHJZnNvDGmuG1D6NXcCQ
    """,
  ]

  private static let namelessTokens = [
    "RS256": """
    eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJzdWIiOiJhbm4iLCJhdWQiOiJzZWF0Y\
    2FzdCIsImlhdCI6MTcwMDAwMDAwMCwiZXhwIjo5OTk5OTk5OTk5fQ.wWTwDtzrpPdF7bEcjdgEQNG1qmTstY5Aah9Y\
    QdpjLCMfLnYkXPXseKWhBrGAPaWpKWC6Fp9GotWDS_u5HUEox3EPpOScTAxEv6j9AF_JDhTx7_yK7OYlY6oN7CGinq\
    F3DiLfv8MBf8cU31c5VhDOed25_5LsCRu4p1h6bPcmUhdsvpetArVz639cFQV3PZ82eU4eHLo4iM4hhQiq1GKLxN5x\
    fubarZ6pXrW7hvziUo7mKDunFxwaxSsxvPhi1cXdBMNWtqVfqht9aFKfg_gzU-7f7gHRUV2snVOHCOjAuVui5E5rZK\
    2l2haEPQTf34enK588f5Q40qCWBB-lCMeXYA
    """,
    "PS256": """
    eyJhbGciOiJQUzI1NiJ9.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJzdWIiOiJhbm4iLCJhdWQiOiJzZWF0Y\
    2FzdCIsImlhdCI6MTcwMDAwMDAwMCwiZXhwIjo5OTk5OTk5OTk5fQ.GhulQ7DtVtJrTb_NJNywZsCzjz2n1HT0_aIa\
    Stej9Nn-YDmQYzTeIn8J5-U4olfE5o4cJJWHpeimR1So3mpuRO0TefMZWmDSAv1ieU5dx3FUBJ18CHT_Z0IL8Yfpdo\
    AkczmG4Z5f5iBQP3aabcIRAN7d_J_eIkwkIlI9puCq78zqWfKjQ9TZkzYR38J8LgawtQSOo25q5ZSos-otO7zUWIrG\
    vnFCACd1JeEYJoMVbLPZOmMusR-apjOZrg0b9j3x0dXAgqkH4uq4v0FegyLNkARjqquHxCF4toFLgYz2oPia5te5KS\
    kRygSwxKiFUfp1x2px7G6sFgnlwtcvRCbn6g
    """,
    "ES256": """
    eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJzdWIiOiJhbm4iLCJhdWQiOiJzZWF0Y\
    2FzdCIsImlhdCI6MTcwMDAwMDAwMCwiZXhwIjo5OTk5OTk5OTk5fQ.u1gCF8TNTrNjM7IcGb5acGFOxmnlS39rcZI3\
    nB9qAcmt6qX_vU4BzSW0-_En1irQ1GV5_iVgrkofg2zumqpIHw
    """,
    "EdDSA": """
    eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJzdWIiOiJhbm4iLCJhdWQiOiJzZWF0Y\
    2FzdCIsImlhdCI6MTcwMDAwMDAwMCwiZXhwIjo5OTk5OTk5OTk5fQ.k2dNoBOl9WRn7Xh-h6kjUMvvXfkZ7oRq-HLe\
    gYDkFvj8cquKfMgt8R3JGzrfARS9Ko2QnM20yyOQrKLU1QCiCg
    """,
  ]
}
