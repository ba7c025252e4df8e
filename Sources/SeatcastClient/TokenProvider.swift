// Where a client's token comes from. A value; its closure is called from any thread, never for two askers at once
// by one feed.

/// Gives tokens when they are needed.
public struct TokenProvider: Sendable {
  /// Why a token is asked for.
  public enum Need: Sendable, Equatable {
    /// A request or a connection begins.
    case usual
    /// The server announced the end of the one before, or refused it: another one is needed.
    case another
  }

  let token: @Sendable (Need) async throws -> String?

  /// - Parameter token: the token, or nil to be an anonymous viewer.
  public init(_ token: @escaping @Sendable (Need) async throws -> String?) { self.token = token }

  /// No token: reads of events, and watching where the server lets the public watch.
  public static let none = TokenProvider { _ in nil }

  /// Always this token; when it has ended, the client is refused.
  public static func fixed(_ token: String) -> TokenProvider { TokenProvider { _ in token } }
}
