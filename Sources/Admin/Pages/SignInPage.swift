internal import Accounts
internal import SaleStore

/// Where a person signs in.
enum SignInPage {
  /// - Parameters:
  ///   - problem: why the last try failed.
  ///   - next: the path to go on to.
  static func html(_ frame: PageFrame, name: String, next: String, problem: String?, hasNoUsers: Bool) -> HTML {
    let say = frame.say
    let command = "penstock admin user add NAME --role owner"
    let note: HTML = hasNoUsers ? "<p class=\"note\">\(say(AccountWords.noUsers, command))</p>" : ""
    let fields: HTML = """
      <input type="hidden" name="next" value="\(next)">\
      \(frame.field("name", say(AccountWords.name), value: name, complete: "username"))\
      \(frame.field("password", say(AccountWords.password), type: "password", complete: "current-password"))\
      \(frame.field(
        "code", say(AccountWords.code), complete: "one-time-code", hint: say(AccountWords.codeHint), isNeeded: false))\
      \(frame.button(say(AccountWords.submit)))
      """
    return PageLayout.html(
      frame, title: say(AccountWords.title),
      """
      <section class="card narrow"><h1>\(say(AccountWords.title))</h1>\(note)\(frame.alert(problem))
      \(frame.form("/admin/sign-in", fields))</section>
      """)
  }
}

/// A person's own account.
enum AccountPage {
  static func html(
    _ frame: PageFrame, _ user: StoredUser, sessions: [StoredSession], present: [UInt8]?, newCodes: OneTimeCodes,
    passwordProblem: String? = nil, codeProblem: String? = nil
  ) -> HTML {
    let say = frame.say
    let rights = Right.allCases.filter { user.role.rights.contains($0) }.map { say(RightWords($0)) }
    let rows = sessions.map { session -> [HTML] in
      let mark = session.digest == present ? say(AccountWords.thisOne) : ""
      return [
        "\(session.address) <span class=\"soft\">\(mark)</span>", "\(session.life.signedInAt.dateAndTime) UTC",
        "\(session.life.lastUsedAt.dateAndTime) UTC",
      ]
    }
    let heading = [say(AccountWords.address), say(AccountWords.signedInAt), say(AccountWords.lastUsed)]
    let passwords: HTML = """
      \(frame.field("old", say(AccountWords.oldPassword), type: "password", complete: "current-password"))\
      \(frame.field(
        "new", say(AccountWords.newPassword), type: "password", complete: "new-password",
        hint: say(AccountWords.passwordHint)))\(frame.button(say(AccountWords.change)))
      """
    return PageLayout.html(
      frame, title: say(AccountWords.account),
      """
      <h1>\(user.name.rawValue)</h1>
      <section class="card"><p>\(say(AccountWords.role)): <b>\(say(RightWords(user.role)))</b></p>
      <p>\(say(AccountWords.rights)): \(rights.joined(separator: ", "))</p></section>
      <section class="card"><h2>\(say(AccountWords.sessions))</h2>\
      \(frame.table(say(AccountWords.sessions), heading, rows))
      \(frame.form("/admin/account/sign-out", frame.button(say(AccountWords.signOutEverywhere), style: "danger")))\
      </section>
      <section class="card"><h2>\(say(AccountWords.changePassword))</h2>\(frame.alert(passwordProblem))\
      \(frame.form("/admin/account/password", passwords))</section>
      \(codes(frame, user, newCodes, codeProblem))
      """)
  }

  private static func codes(
    _ frame: PageFrame, _ user: StoredUser, _ new: OneTimeCodes, _ problem: String?
  ) -> HTML {
    let say = frame.say
    let proof: HTML = """
      \(frame.field(
        "password", say(AccountWords.oldPassword), id: "codes-password", type: "password",
        complete: "current-password"))\(frame.field("code", say(AccountWords.code), complete: "one-time-code"))
      """
    let form: HTML
    if user.codes == nil {
      form = """
        <p>\(say(AccountWords.codesOff))</p><p>\(say(AccountWords.codesWords)): <code>\(new.words)</code> \
        (<a href="\(new.link(for: user.name))">\(say(AccountWords.codesLink))</a>)</p>\
        \(frame.form(
          "/admin/account/codes",
          """
          <input type="hidden" name="secret" value="\(new.secretText)">\(proof)\(frame.button(say(AccountWords.turnOn)))
          """))
        """
    } else {
      form = """
        <p>\(say(AccountWords.codesOn))</p>\
        \(frame.form(
          "/admin/account/codes/off", "\(proof)\(frame.button(say(AccountWords.turnOff), style: "danger"))"))
        """
    }
    return "<section class=\"card\"><h2>\(say(AccountWords.codes))</h2>\(frame.alert(problem))\(form)</section>"
  }
}
