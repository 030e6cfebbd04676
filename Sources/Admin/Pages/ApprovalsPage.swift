internal import Accounts
internal import Time

/// Commands that wait for a second person, and what became of the last ones.
enum ApprovalsPage {
  static func html(_ frame: PageFrame, _ approvals: [AdminApproval], problem: String? = nil) -> HTML {
    let say = frame.say
    let heading = [
      say(UserWords.command), say(UserWords.subject), say(UserWords.why), say(UserWords.askedBy),
      say(UserWords.until), say(UserWords.state), "",
    ]
    let rows = approvals.map { row(frame, $0) }
    let table: HTML =
      rows.isEmpty
      ? "<p class=\"soft\">\(say(UserWords.noApprovals))</p>" : frame.table(say(UserWords.approvals), heading, rows)
    return PageLayout.html(
      frame, title: say(UserWords.approvals),
      "<h1>\(say(UserWords.approvals))</h1>\(frame.alert(problem))<section class=\"card\">\(table)</section>")
  }

  private static func row(_ frame: PageFrame, _ approval: AdminApproval) -> [HTML] {
    let say = frame.say
    let state: UserWords =
      switch approval.state {
      case .pending: .pending
      case .approved: .approved
      case .refused: .refused
      case .lapsed: .lapsed
      }
    let path = "/admin/approvals/\(approval.id)"
    var buttons: HTML = "\(approval.decidedBy ?? "")"
    if approval.state == .pending, frame.may(approval.command.right) {
      let approve: HTML =
        approval.canApprove
        ? frame.form("\(path)/approve", frame.button(say(UserWords.approve)), style: "inline")
        : "<span class=\"soft small\">\(say(UserWords.ownRequest))</span>"
      let refuse = frame.form("\(path)/refuse", frame.button(say(UserWords.refuse), style: "danger"), style: "inline")
      buttons = "\(approve) \(refuse)"
    }
    if let name = approval.repeatableBy, name == frame.who?.name {
      let again = frame.button(say(UserWords.again), style: "small")
      buttons = "\(name) \(frame.form("\(path)/approve", again, style: "inline"))"
    }
    let body: HTML = approval.body == ApprovalDesk.plainClose ? "" : "<br><code class=\"small\">\(approval.body)</code>"
    return [
      "\(say(approval.command))", "<code>\(approval.subject)</code>\(body)", "\(approval.why)",
      "\(approval.askedBy)<br><span class=\"soft small\">\(approval.askedAt.dateAndMinute) UTC</span>",
      "\(approval.expiresAt.dateAndMinute) UTC", "\(say(state))", buttons,
    ]
  }
}
