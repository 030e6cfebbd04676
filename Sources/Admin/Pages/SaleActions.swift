internal import Accounts
internal import FlashSale
internal import Foundation
internal import SaleStore
internal import Time

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
    let isClosed = stored.closedAt != nil
    let closing: HTML =
      isClosed ? "" : "<details><summary>\(say(SaleWords.close))</summary>\(form(frame, sale, .close))</details>"
    return """
      <section class="card">\(times)<p class="head"><a class="button" href="\(path)/edit">\(say(SaleWords.edit))</a>\
      <a class="button" href="/admin/new-sale?from=\(sale.id.rawValue)">\(say(SaleWords.duplicate))</a></p>\
      <details><summary>\(say(SaleWords.restock))</summary>\(form(frame, sale, .restock))</details>\
      \(closing)</section>
      """
  }

  /// The form that leads to a preview.
  enum Form: String { case restock, close }

  private static func form(_ frame: PageFrame, _ sale: Sale, _ form: Form) -> HTML {
    let say = frame.say
    let action = "/admin/sales/\(sale.id)/\(form.rawValue)"
    let why = frame.field("reason", say(SaleWords.why), id: "\(form.rawValue)-reason")
    switch form {
    case .restock:
      let skus = sale.items.map { ($0.sku.rawValue, $0.sku.rawValue) }
      return frame.form(
        action,
        """
        \(frame.select("sku", say(SaleWords.sku), skus, chosen: ""))\
        \(frame.field("units", say(SaleWords.units), type: "number"))\(why)\(frame.button(say(SaleWords.preview)))
        """)
    case .close:
      return frame.form(
        action,
        "<p>\(say(SaleWords.closeNote))</p>\(why)\(frame.button(say(SaleWords.preview), style: "danger"))")
    }
  }

  /// The form by itself, after it was refused.
  static func again(_ frame: PageFrame, _ sale: Sale, _ refused: Form) -> HTML {
    let title = frame.say(refused == .close ? SaleWords.close : .restock)
    return PageLayout.html(
      frame, title: title,
      """
      <h1>\(title) <span class="soft">\(sale.name)</span></h1>
      <section class="card">\(form(frame, sale, refused))</section>
      """)
  }

  /// What a close will do, before it is done.
  ///
  /// - Parameter inLine: requests that are not decided; `nil`: nobody knows.
  static func closing(_ frame: PageFrame, _ stored: StoredSale, inLine: Int64?, reason: String) -> HTML {
    let say = frame.say
    let confirm: HTML = """
      <input type="hidden" name="reason" value="\(reason)"><input type="hidden" name="confirmed" value="yes">\
      \(frame.commandKey)\(frame.button(say(SaleWords.close), style: "danger"))
      """
    let rows = stored.sale.items.map { item -> [HTML] in
      let level = stored.stock[item.sku]
      return [
        "<code>\(item.sku.rawValue)</code>", "\(item.stock.rawValue.grouped)",
        "\((level?.left ?? item.stock).rawValue.grouped)", "\((level?.reserved ?? .zero).rawValue.grouped)",
      ]
    }
    let heading = [say(SaleWords.sku), say(SaleWords.putUp), say(SaleWords.left), say(SaleWords.held)]
    return PageLayout.html(
      frame, title: say(SaleWords.previewTitle),
      """
      <h1>\(say(SaleWords.closeTitle, stored.sale.name))</h1>
      <section class="card"><p>\(say(SaleWords.closeNote)) \(say(SaleWords.closeHint))</p>\
      <p>\(say(SaleWords.inLine, inLine?.grouped ?? say(ReportWords.unknown)))</p>\
      \(frame.table(say(SaleWords.previewTitle), heading, rows))
      <p>\(say(SaleWords.why)): \(reason)</p>\
      \(frame.form("/admin/sales/\(stored.sale.id)/close", confirm))</section>
      """)
  }

  /// What a restock will do, before it is done.
  ///
  /// - Parameter waiting: who waits for the SKU.
  static func preview(
    _ frame: PageFrame, _ stored: StoredSale, _ forecast: RestockForecast, waiting: [WaitingOrder], reason: String
  ) -> HTML {
    let say = frame.say
    let confirm: HTML = """
      <input type="hidden" name="sku" value="\(forecast.sku.rawValue)"><input type="hidden" name="units" \
      value="\(plain: forecast.units.rawValue)"><input type="hidden" name="reason" value="\(reason)">\
      <input type="hidden" name="confirmed" value="yes">\(frame.commandKey)\(frame.button(say(SaleWords.confirm)))
      """
    func row(_ name: SaleWords, _ units: (LaneStock.Level) -> Units) -> [HTML] {
      ["\(say(name))", "\(units(forecast.before).rawValue.grouped)", "\(units(forecast.after).rawValue.grouped)"]
    }
    let heading = [forecast.sku.rawValue, say(SaleWords.before), say(SaleWords.after)]
    // Of what is offered at once nothing is left, or not all; how much, the lane knows.
    let isOffered = forecast.next == .waiting && !waiting.isEmpty
    let rows = (isOffered ? [] : [row(.left, \.left)]) + [row(.putUp, \.putUp)]
    return PageLayout.html(
      frame, title: say(SaleWords.previewTitle),
      """
      <h1>\(say(SaleWords.previewTitle)) <span class="soft">\(stored.sale.name)</span></h1>
      <section class="card">\(outlook(say, forecast, waiting))\
      \(frame.table(say(SaleWords.previewTitle), heading, rows))
      <p>\(say(SaleWords.why)): \(reason)</p>\
      \(frame.form("/admin/sales/\(stored.sale.id)/restock", confirm))</section>
      """)
  }

  /// Who can have the units, and when.
  private static func outlook(_ say: Phrasebook, _ forecast: RestockForecast, _ waiting: [WaitingOrder]) -> HTML {
    func words(_ words: SaleWords, _ time: Timestamp? = nil) -> String {
      say(words, forecast.units.rawValue.grouped, forecast.sku.rawValue, time.map { say.time($0) } ?? "")
    }
    switch forecast.sale {
    case .closed: return "<p class=\"doubt\">\(words(.isClosed))</p>"
    case .ended(let end): return "<p class=\"doubt\">\(words(.hasEnded, end))</p>"
    case .from(let start): return "<p>\(words(.willBeFrom, start))</p>"
    case .now where waiting.isEmpty: return "<p>\(words(.willBe))</p>"
    case .now where forecast.next == .waiting:
      let line = OrderPreviewPage.line(say, forecast.sku, waiting)
      return "<p>\(words(.willBeOffered))</p><div>\(line)</div>"
    case .now: return "<p>\(words(.willBe)) \(say(OrderWords.tooLateToOffer, forecast.sku.rawValue))</p>"
    }
  }
}
