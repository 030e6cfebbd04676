internal import FlashSale
internal import Foundation
internal import SaleStore
internal import Time

/// What somebody else has changed of a sale since its form was loaded.
enum SaleConflict {
  /// - Parameters:
  ///   - edit: the last change; `nil`: it was none that is known, such as one of a version before.
  ///   - zone: of the form, in which times are told.
  static func html(
    _ frame: PageFrame, _ sale: Sale, _ differences: [SeenSale.Difference], _ edit: SaleEdit?, in zone: TimeZone
  ) -> HTML {
    let say = frame.say
    var who: HTML = .empty
    if let edit {
      let words = edit.isSettled ? SaleWords.changedBy : SaleWords.changing
      who = "<p>\(say(words, edit.by, LocalTime.both(edit.at, in: zone)))</p>"
    }
    let rows = differences.map { difference -> [HTML] in
      [
        "\(name(say, difference.field))", "\(value(say, difference.then, difference.field, sale, zone))",
        "\(value(say, difference.now, difference.field, sale, zone))",
      ]
    }
    let heading = [say(SaleWords.field), say(SaleWords.yours), say(SaleWords.now)]
    return """
      <div class="alert" role="alert"><p>\(say(SaleWords.changedMeanwhile))</p>\(who)\
      \(rows.isEmpty ? .empty : frame.table(say(SaleWords.changedMeanwhile), heading, rows))</div>
      """
  }

  private static func name(_ say: Phrasebook, _ field: SeenSale.Field) -> String {
    switch field {
    case .starts: say(SaleWords.starts)
    case .ends: say(SaleWords.ends)
    case .limit: say(SaleWords.limit)
    case .price(let sku): say(SaleWords.priceOf, sku.rawValue)
    }
  }

  private static func value(
    _ say: Phrasebook, _ value: String, _ field: SeenSale.Field, _ sale: Sale, _ zone: TimeZone
  ) -> String {
    switch field {
    case .starts, .ends: Timestamp(rfc3339: value).map { LocalTime.both($0, in: zone) } ?? value
    case .limit: value.isEmpty ? say(SaleWords.none) : value
    case .price(let sku):
      if let currency = sale.item(sku)?.price.currency, let minor = Int64(value) {
        Money(minor: minor, currency: currency).description
      } else {
        value
      }
    }
  }
}
