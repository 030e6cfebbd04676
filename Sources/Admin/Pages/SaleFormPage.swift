internal import Accounts
internal import FlashSale
internal import Foundation
internal import SaleStore
internal import Time

/// The forms that create and change a sale.
enum SaleFormPage {
  /// - Parameter changing: the sale that is changed; `nil`: a new one.
  static func html(_ frame: PageFrame, _ form: SaleForm, changing stored: StoredSale?, note: HTML = "") -> HTML {
    let say = frame.say
    let title = say(stored == nil ? SaleWords.new : SaleWords.edit)
    let action = stored.map { "/admin/sales/\($0.sale.id)/edit" } ?? "/admin/new-sale"
    let isNew = stored == nil
    let why: HTML =
      isNew
      ? "" : frame.field("reason", say(SaleWords.why), value: form.reason, error: words(say, form.errors["reason"]))
    let names: HTML = """
      \(frame.field("id", say(SaleWords.id), value: form.id, error: words(say, form.errors["id"])))\
      \(frame.field("name", say(SaleWords.name), value: form.name, error: words(say, form.errors["name"])))
      """
    let kept: HTML = """
      <input type="hidden" name="id" value="\(form.id)"><input type="hidden" name="name" value="\(form.name)">\
      <input type="hidden" name="seen" value="\(form.seen)">\(frame.commandKey)
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
      \(items(frame, form))\(why)\(frame.button(say(isNew ? SaleWords.create : SaleWords.save)))\
      \(ImportSection.chooser(frame, action: stored.map { "/admin/sales/\($0.sale.id)" } ?? action))
      """
    let heading: HTML = stored.map { stored -> HTML in " <span class=\"soft\">\(stored.sale.name)</span>" } ?? ""
    return PageLayout.html(
      frame, title: title,
      """
      <h1>\(title)\(heading)</h1>\(note)<section class="card">\(frame.form(action, fields))</section>
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

  /// What somebody else has changed meanwhile.
  static func conflict(_ frame: PageFrame, now: String, seen: String) -> HTML {
    """
    <div class="alert" role="alert"><p>\(frame.say(SaleWords.changedMeanwhile))</p>\
    <p>\(frame.say(SaleWords.now)): <code>\(now)</code></p>\
    <p>\(frame.say(SaleWords.yours)): <code>\(seen)</code></p></div>
    """
  }
}

/// What an operator can do on a sale's page.
enum SaleActions {
  static func html(_ frame: PageFrame, _ stored: StoredSale, zone: TimeZone) -> HTML {
    let say = frame.say
    let sale = stored.sale
    let times: HTML = """
      <p class="small">\(say(
        SaleWords.times, LocalTime.words(sale.startsAt, in: zone), LocalTime.words(sale.endsAt, in: zone),
        zone.identifier))</p>
      """
    guard frame.may(.operate) else { return "<section class=\"card\">\(times)</section>" }
    let path = "/admin/sales/\(sale.id)"
    let skus = sale.items.map { ($0.sku.rawValue, $0.sku.rawValue) }
    let restock: HTML = """
      \(frame.select("sku", say(SaleWords.sku), skus, chosen: ""))\
      \(frame.field("units", say(SaleWords.units), type: "number"))\
      \(frame.field("reason", say(SaleWords.why), id: "restock-reason"))\(frame.button(say(SaleWords.preview)))
      """
    let close: HTML = """
      <p>\(say(SaleWords.closeNote))</p>\(frame.field("reason", say(SaleWords.why), id: "close-reason"))\
      \(frame.button(say(SaleWords.close), style: "danger"))
      """
    let isClosed = stored.closedAt != nil
    let closing: HTML =
      isClosed
      ? "" : "<details><summary>\(say(SaleWords.close))</summary>\(frame.form("\(path)/close", close))</details>"
    return """
      <section class="card">\(times)<p class="head"><a class="button" href="\(path)/edit">\(say(SaleWords.edit))</a>\
      <a class="button" href="/admin/new-sale?from=\(sale.id.rawValue)">\(say(SaleWords.duplicate))</a></p>\
      <details><summary>\(say(SaleWords.restock))</summary>\(frame.form("\(path)/restock", restock))</details>\
      \(closing)</section>
      """
  }

  /// What a restock will do, before it is done.
  static func preview(
    _ frame: PageFrame, _ stored: StoredSale, _ item: SaleItem, units: Units, reason: String
  ) -> HTML {
    let say = frame.say
    let left = stored.left(of: item)
    let confirm: HTML = """
      <input type="hidden" name="sku" value="\(item.sku.rawValue)"><input type="hidden" name="units" \
      value="\(plain: units.rawValue)"><input type="hidden" name="reason" value="\(reason)">\
      <input type="hidden" name="confirmed" value="yes">\(frame.commandKey)\(frame.button(say(SaleWords.confirm)))
      """
    func sum(_ before: Units) -> HTML { "\((Int64(before.rawValue) + Int64(units.rawValue)).grouped)" }
    let rows: [[HTML]] = [
      ["\(say(SaleWords.left))", "\(left.rawValue.grouped)", sum(left)],
      ["\(say(SaleWords.putUp))", "\(item.stock.rawValue.grouped)", sum(item.stock)],
    ]
    let heading = [item.sku.rawValue, say(SaleWords.before), say(SaleWords.after)]
    return PageLayout.html(
      frame, title: say(SaleWords.previewTitle),
      """
      <h1>\(say(SaleWords.previewTitle)) <span class="soft">\(stored.sale.name)</span></h1>
      <section class="card"><p>\(say(SaleWords.willBe, units.rawValue.grouped, item.sku.rawValue))</p>\
      \(frame.table(say(SaleWords.previewTitle), heading, rows))
      <p>\(say(SaleWords.why)): \(reason)</p>\
      \(frame.form("/admin/sales/\(stored.sale.id)/restock", confirm))</section>
      """)
  }
}
