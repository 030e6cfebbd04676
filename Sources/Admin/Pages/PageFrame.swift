internal import Accounts
internal import Foundation
internal import HTTPServing
internal import Hummingbird

/// What a page knows of whom it is for.
struct PageFrame: Sendable {
  private(set) var say: Phrasebook

  /// `nil`: nobody that is known.
  let who: Principal?

  /// What its forms carry; empty where there is no session.
  let formToken: String

  /// The page itself, with its query: to where the switch of languages comes back.
  let path: String

  /// What the page shows again, of a form of it that was refused.
  private var refused: RefusedForm?

  init(say: Phrasebook, who: Principal?, formToken: String, path: String) {
    self.say = say
    self.who = who
    self.formToken = formToken
    self.path = path
  }

  init(_ visit: Visit) {
    self.init(of: visit.request, who: visit.who, formToken: visit.session?.formToken ?? "")
  }

  /// A page that answers a form: the page at `path`, which can be asked for again, shows the same thing.
  init(_ visit: Visit, at path: String) {
    self.init(
      say: Phrasebook(language: Language(of: visit.request)), who: visit.who,
      formToken: visit.session?.formToken ?? "", path: path)
  }

  init(of request: Request, who: Principal? = nil, formToken: String = "") {
    self.init(
      say: Phrasebook(language: Language(of: request)), who: who, formToken: formToken,
      path: [.get, .head].contains(request.method) ? request.uri.string : "/admin")
  }

  /// The same page, with times in a zone.
  func showing(_ zone: TimeZone) -> PageFrame {
    var frame = self
    frame.say.zone = zone
    return frame
  }

  /// The same page, with a form of it as it was filled, and what is wrong with it.
  func refusing(_ form: RefusedForm) -> PageFrame {
    var frame = self
    frame.refused = form
    return frame
  }

  /// The same page for the fields of one of its forms: no other's are filled.
  func filling(_ action: String) -> PageFrame {
    var frame = self
    if refused?.action != action { frame.refused = nil }
    return frame
  }

  func may(_ right: Right) -> Bool { who?.rights.contains(right) ?? false }
}

/// Forms and their fields.
extension PageFrame {
  /// A form that changes something: it carries its session's token.
  func form(_ action: String, _ content: HTML, style: HTML = "form") -> HTML {
    """
    <form method="post" action="\(action)" class="\(style)"><input type="hidden" name="form_token" \
    value="\(formToken)">\(filling(action).refusal(content))\(content)</form>
    """
  }

  /// Whether a form came back, which nothing may take away.
  var hasRefusedForm: Bool { refused != nil }

  /// Why a form was refused, where none of its fields says it.
  func refusal(_ content: HTML) -> HTML {
    guard let refused, !content.text.contains("aria-invalid") else { return .empty }
    return alert(say.detail(of: refused.problem))
  }

  /// The name of what a form commands, new each time: a form that is sent twice does it once.
  var commandKey: HTML { commandKey(again: UUID().uuidString) }

  /// The name of a command that was sent already, and may be done.
  func commandKey(again key: String) -> HTML {
    "<input type=\"hidden\" name=\"\(FormFields.commandKeyName)\" value=\"\(key)\">"
  }

  /// A field with its label, and below it what is wrong with it.
  func field(
    _ name: String, _ label: String, id: String? = nil, value: String = "", type: String = "text",
    step: Bool = false, complete: String = "off", hint: String? = nil, error: String? = nil, isNeeded: Bool = true
  ) -> HTML {
    let id = id ?? name
    // What is secret does not come back.
    let isSecret = type == "password" || complete == "one-time-code"
    let value = isSecret ? value : refused?.fields[name] ?? value
    let error = error ?? refused.flatMap { $0.problem.field == name ? say.detail(of: $0.problem) : nil }
    // Seconds too, where it is a time.
    let step: HTML = step ? " step=\"1\"" : ""
    let isNeeded: HTML = isNeeded ? " required" : ""
    let wrong: HTML = error == nil ? "" : " aria-invalid=\"true\" aria-describedby=\"\(id)-error\""
    let note: HTML = hint.map { "<span class=\"soft small\">\($0)</span>" } ?? ""
    let why: HTML = error.map { "<span class=\"bad small\" id=\"\(id)-error\">\($0)</span>" } ?? ""
    return """
      <label class="field" for="\(id)"><span>\(label)</span>\(note)<input id="\(id)" name="\(name)" \
      type="\(type)" value="\(value)" autocomplete="\(complete)"\(step)\(isNeeded)\(wrong)>\(why)</label>
      """
  }

  func select(_ name: String, _ label: String, _ options: [(value: String, text: String)], chosen: String) -> HTML {
    let chosen = refused?.fields[name] ?? chosen
    let options = options.map { option -> HTML in
      let chosen: HTML = option.value == chosen ? " selected" : ""
      return "<option value=\"\(option.value)\"\(chosen)>\(option.text)</option>"
    }
    return """
      <label class="field" for="\(name)"><span>\(label)</span><select id="\(name)" name="\(name)">\(options)</select>\
      </label>
      """
  }

  func button(_ text: String, style: HTML = "main") -> HTML {
    "<button type=\"submit\" class=\"\(style)\">\(text)</button>"
  }

  /// A table; its first row is the heading. Wide ones scroll inside, also by keyboard. On a phone, each row of a table
  /// with many columns is a card, in which each value has its name.
  func table(_ name: String, _ heading: [String], _ rows: [[HTML]]) -> HTML {
    let head = heading.map { cell -> HTML in "<th scope=\"col\" class=\"words\">\(cell)</th>" }
    let body = rows.map { row -> HTML in
      let cells = zip(heading, row).map { name, cell -> HTML in
        "<td class=\"words\" data-name=\"\(name)\">\(cell)</td>"
      }
      return "<tr>\(cells)</tr>\n"
    }
    let style: HTML = heading.count > 4 ? "scroll cards" : "scroll"
    return """
      <div class="\(style)" tabindex="0" role="region" aria-label="\(name)"><table><thead><tr>\(head)</tr></thead>
      <tbody>
      \(body)</tbody></table></div>
      """
  }

  /// A part of a page that its script brings up to date while something is under way.
  func watched(_ name: HTML, isMoving: Bool, _ content: HTML) -> HTML {
    let moving: HTML = isMoving ? " data-moving=\"\(path)\"" : .empty
    return "<div data-watched=\"\(name)\"\(moving)>\(content)</div>"
  }

  func alert(_ text: String?) -> HTML {
    text.map { "<p class=\"alert\" role=\"alert\">\($0)</p>" } ?? ""
  }
}
