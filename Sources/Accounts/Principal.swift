/// Who asks, and what they may do.
public struct Principal: Sendable, Hashable {
  /// How they are known.
  public enum Kind: Sendable, Hashable {
    /// A person who has signed in; the number of the user.
    case user(Int32)
    /// A program with an API token; the token's number.
    case token(Int32)
    /// Who has the shared token of this installation (`PENSTOCK_ADMIN_TOKEN`).
    case machine
    /// A person or program on this machine. It counts only where no token is set.
    case local
  }

  public let kind: Kind

  /// As the admin log and the history of orders name them. What is no user's name begins with `@`.
  public let name: String
  public let rights: Set<Right>

  /// The user who answers for what is done: she herself, or who added the token; `nil`: nobody knows. A person with a
  /// session and three tokens is one.
  public let person: String?

  /// Names somebody.
  ///
  /// - Parameter person: who answers for a program. A user answers for herself.
  public init(_ kind: Kind, name: String, rights: Set<Right>, person: String? = nil) {
    self.kind = kind
    self.name = name
    self.rights = rights
    if case .user = kind { self.person = name } else { self.person = person }
  }

  /// Who has the shared token: everything but managing users, for which a person answers.
  public static let machine = Principal(
    .machine, name: "@machine", rights: Set(Right.allCases).subtracting([.manageUsers]))

  /// A person or program on this machine. It has the rights of `machine`.
  public static let local = Principal(.local, name: "@local", rights: machine.rights)

  /// A program, by the name of its token.
  ///
  /// - Parameter creator: who added the token, as the admin log names them.
  public static func token(
    _ number: Int32, named name: String, rights: Set<Right>, addedBy creator: String
  ) -> Principal {
    Principal(
      .token(number), name: "@\(name)", rights: rights, person: creator.hasPrefix("@") ? nil : creator)
  }
}
