internal import Accounts
internal import SaleStore
internal import Time

/// Users and API tokens, for owners.
enum UsersPage {
  static func html(
    _ frame: PageFrame, users: [StoredUser], tokens: [StoredToken], at now: Timestamp, problem: String? = nil,
    newToken: (name: String, secret: String)? = nil
  ) -> HTML {
    let say = frame.say
    let token: HTML =
      newToken.map { token -> HTML in
        """
        <p class="note" role="status">\(say(UserWords.tokenOnce, token.name))<br><code>\(token.secret)</code></p>
        """
      } ?? ""
    return PageLayout.html(
      frame, title: say(UserWords.users),
      """
      <h1>\(say(UserWords.users))</h1>\(frame.alert(problem))\(token)
      <section class="card">\(list(frame, users, at: now))</section>
      <section class="card"><h2>\(say(UserWords.addUser))</h2>\(frame.form("/admin/users", addUser(frame)))</section>
      <section class="card"><h2>\(say(UserWords.tokens))</h2>\(tokensTable(frame, tokens, at: now))</section>
      <section class="card"><h2>\(say(UserWords.addToken))</h2>\(frame.form("/admin/tokens", addToken(frame)))</section>
      """)
  }

  private static func roles(_ frame: PageFrame) -> [(value: String, text: String)] {
    Role.allCases.map { ($0.rawValue, frame.say(RightWords($0))) }
  }

  private static func list(_ frame: PageFrame, _ users: [StoredUser], at now: Timestamp) -> HTML {
    let say = frame.say
    let rows = users.map { user -> [HTML] in
      let path = "/admin/users/\(user.name.rawValue)"
      let options = roles(frame).map { option -> HTML in
        let chosen: HTML = option.value == user.role.rawValue ? " selected" : ""
        return "<option value=\"\(option.value)\"\(chosen)>\(option.text)</option>"
      }
      let role = frame.form(
        "\(path)/role",
        """
        <select name="role" aria-label="\(say(UserWords.role)): \(user.name.rawValue)">\(options)</select>\
        \(why(say, .changeRole, user.name))\(frame.button(say(UserWords.changeRole), style: "small"))
        """, style: "inline")
      let isOn = user.disabledAt == nil
      let turn: UserWords = isOn ? .disable : .enable
      let switched = frame.form(
        "\(path)/\(isOn ? "disable" : "enable")",
        "\(why(say, turn, user.name))\(frame.button(say(turn), style: isOn ? "danger" : "small"))", style: "inline")
      return [
        "<b>\(user.name.rawValue)</b>", role, "\(say(isOn ? UserWords.active : UserWords.disabled))",
        "\(say(user.codes == nil ? UserWords.no : UserWords.yes))", switched,
      ]
    }
    let heading = [say(UserWords.name), say(UserWords.role), say(UserWords.state), say(UserWords.codes), ""]
    return frame.table(say(UserWords.users), heading, rows)
  }

  /// Where a form in a table asks why.
  private static func why(_ say: Phrasebook, _ action: UserWords, _ name: UserName) -> HTML {
    """
    <input name="reason" required autocomplete="off" placeholder="\(say(UserWords.why))" \
    aria-label="\(say(action)), \(name.rawValue): \(say(UserWords.why))">
    """
  }

  private static func addUser(_ frame: PageFrame) -> HTML {
    let say = frame.say
    return """
      \(frame.field("name", say(UserWords.name)))\
      \(frame.select("role", say(UserWords.role), roles(frame), chosen: Role.viewer.rawValue))\
      \(frame.field(
        "password", say(UserWords.password), type: "password", complete: "new-password",
        hint: say(AccountWords.passwordHint)))\
      \(frame.field("reason", say(UserWords.why), id: "user-reason"))\(frame.button(say(UserWords.add)))
      """
  }

  private static func tokensTable(_ frame: PageFrame, _ tokens: [StoredToken], at now: Timestamp) -> HTML {
    let say = frame.say
    guard !tokens.isEmpty else { return "<p class=\"soft\">\(say(UserWords.noTokens))</p>" }
    let rows = tokens.map { token -> [HTML] in
      let scopes = Right.allCases.filter(token.scopes.contains).map { say(RightWords($0)) }.joined(separator: ", ")
      let end: HTML
      if token.revokedAt != nil {
        end = "\(say(UserWords.revoked))"
      } else if token.expiresAt <= now {
        end = "\(say(UserWords.expired))"
      } else {
        end = frame.form(
          "/admin/tokens/\(token.name.rawValue)/revoke",
          "\(why(say, .revoke, token.name))\(frame.button(say(UserWords.revoke), style: "danger"))", style: "inline")
      }
      return [
        "<b>\(token.name.rawValue)</b>", "\(scopes.isEmpty ? say(UserWords.noScopeNow) : scopes)",
        "\(token.expiresAt.dateAndMinute) UTC",
        "\(token.lastUsedAt.map { "\($0.dateAndMinute) UTC" } ?? say(UserWords.never))", "\(token.createdBy)", end,
      ]
    }
    let heading = [
      say(UserWords.name), say(UserWords.scopes), say(UserWords.expires), say(UserWords.lastUsed),
      say(UserWords.createdBy), "",
    ]
    return frame.table(say(UserWords.tokens), heading, rows)
  }

  private static func addToken(_ frame: PageFrame) -> HTML {
    let say = frame.say
    let scopes = Right.allCases.filter { frame.may($0) }.map { right -> HTML in
      """
      <label><input type="checkbox" name="scope" value="\(right.rawValue)"> \(say(RightWords(right)))</label>
      """
    }
    return """
      \(frame.field("name", say(UserWords.name), id: "token-name"))\
      <fieldset><legend>\(say(UserWords.scopes))</legend>\(scopes)</fieldset>\
      \(frame.field("days", say(UserWords.days), value: "90", type: "number"))\
      \(frame.field("reason", say(UserWords.why), id: "token-reason"))\(frame.button(say(UserWords.add)))
      """
  }
}
