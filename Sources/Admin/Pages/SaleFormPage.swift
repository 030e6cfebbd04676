internal import FlashSale
internal import Foundation
internal import SaleStore
internal import Time

/// The forms that create and change a sale.
enum SaleFormPage {
  /// - Parameter origin: the sale that is changed, or what a new one is a copy of.
  static func html(_ frame: PageFrame, _ form: SaleForm, _ origin: SaleForm.Origin, note: HTML = "") -> HTML {
    let say = frame.say
    var changed: Sale?
    if case .change(let sale) = origin { changed = sale }
    let isNew = changed == nil
    let title = say(isNew ? SaleWords.new : SaleWords.edit)
    let action = changed.map { "/admin/sales/\($0.id)/edit" } ?? "/admin/new-sale"
    let why = frame.field(
      "reason", say(SaleWords.why), value: form.reason, error: words(say, form.errors["reason"]))
    let names: HTML = """
      \(frame.field("id", say(SaleWords.id), value: form.id, error: words(say, form.errors["id"])))\
      \(frame.field("name", say(SaleWords.name), value: form.name, error: words(say, form.errors["name"])))\
      <input type="hidden" name="from" value="\(form.source)">
      """
    let hold = frame.field(
      "hold", say(SaleWords.hold), value: form.hold, type: "number", hint: say(SaleWords.holdHint),
      error: words(say, form.errors["hold"]), isNeeded: false)
    let backlog = frame.field(
      "backlog", say(SaleWords.backlog), value: form.backlog, type: "number", hint: say(SaleWords.backlogHint),
      error: words(say, form.errors["backlog"]), isNeeded: false)
    let kept: HTML = """
      <input type="hidden" name="id" value="\(form.id)"><input type="hidden" name="name" value="\(form.name)">\
      <input type="hidden" name="seen" value="\(form.seen)">\
      <input type="hidden" name="version" value="\(plain: form.version ?? 0)">\(frame.commandKey)
      """
    let fields: HTML = """
      \(isNew ? names : kept)\
      \(frame.field(
        "zone", say(SaleWords.zone), value: form.zone, hint: say(SaleWords.zoneHint),
        error: words(say, form.errors["zone"])))\
      \(time(frame, "starts", say(SaleWords.starts), form.starts, form.startsChoice, form))\
      \(time(frame, "ends", say(SaleWords.ends), form.ends, form.endsChoice, form))\
      \(frame.field(
        "limit", say(SaleWords.limit), value: form.limit, type: "number", hint: say(SaleWords.limitHint),
        error: words(say, form.errors["limit"]), isNeeded: false))\
      \(isNew ? "\(hold)\(backlog)" : .empty)\(items(frame, form))\(why)\
      \(frame.button(say(isNew ? SaleWords.create : SaleWords.save)))\
      \(ImportSection.chooser(frame, action: changed.map { "/admin/sales/\($0.id)" } ?? action))
      """
    let heading: HTML = changed.map { sale -> HTML in " <span class=\"soft\">\(sale.name)</span>" } ?? ""
    var carried: HTML = .empty
    if case .copy(of: let sale) = origin { carried = CarriedRules.html(frame, sale) }
    return PageLayout.html(
      frame, title: title,
      """
      <h1>\(title)\(heading)</h1>\(note)\(carried)<section class="card">\(frame.form(action, fields))</section>
      """)
  }

  private static func time(
    _ frame: PageFrame, _ name: String, _ label: String, _ value: String, _ choice: String, _ form: SaleForm
  ) -> HTML {
    let say = frame.say
    let input = frame.field(
      name, label, value: value, type: "datetime-local", step: true, error: words(say, form.errors[name], form.zone))
    guard case .time(.overlap)? = form.errors[name] else {
      return choice.isEmpty ? input : "\(input)<input type=\"hidden\" name=\"\(name)_choice\" value=\"\(choice)\">"
    }
    let options = [("earlier", say(SaleWords.earlier)), ("later", say(SaleWords.later))]
    return "\(input)\(frame.select("\(name)_choice", say(SaleWords.choice), options, chosen: choice))"
  }

  private static func items(_ frame: PageFrame, _ form: SaleForm) -> HTML {
    let say = frame.say
    let error = words(say, form.errors["items"])
    let wrong: HTML = error == nil ? "" : " aria-invalid=\"true\" aria-describedby=\"items-error\""
    let why: HTML = error.map { "<span class=\"bad small\" id=\"items-error\">\($0)</span>" } ?? ""
    return """
      <label class="field" for="items"><span>\(say(SaleWords.items))</span>\
      <span class="soft small">\(say(SaleWords.itemsHint))</span>\
      <textarea id="items" name="items" rows="5" required\(wrong)>
      \(form.items)</textarea>\(why)</label>
      """
  }

  private static func words(_ say: Phrasebook, _ error: SaleFormError?, _ zone: String = "") -> String? {
    switch error {
    case .reason(let reason): say.detail(reason)
    case .rule(let number, let error): say(SaleWords.wrongItem, "\(number)", error.field, say.rule(error.reason))
    case .zone: say(SaleWords.wrongZone)
    case .item(let sku, let kind): "\(sku): \(kind.words(say))"
    case .line(let number): say(SaleWords.wrongLine, "\(number)")
    case .time(.form): say(SaleWords.wrongForm)
    case .time(.gap): say(SaleWords.gap)
    case .time(.overlap(let first, let second)):
      LocalTime.zone(zone).map { zone in
        say(SaleWords.overlap, LocalTime.words(first, in: zone), LocalTime.words(second, in: zone))
      }
    case nil: nil
    }
  }
}
