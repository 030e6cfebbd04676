internal import FlashSale
internal import Foundation
internal import SaleStore
internal import Time

/// What the form of a sale holds, as texts: what a person typed stays, also if it is wrong.
struct SaleForm {
  var id = ""
  var name = ""
  var zone = "Asia/Shanghai"
  var starts = ""
  var startsChoice = ""
  var ends = ""
  var endsChoice = ""
  var limit = ""

  /// A line for each SKU: SKU, units, price, currency.
  var items = ""
  var reason = ""

  /// What the sale was when the form was loaded; empty for a new one.
  var seen = ""

  /// What is wrong, by field.
  var errors: [String: SaleFormError] = [:]

  /// An empty one.
  init() {}

  /// What was sent.
  init(_ form: FormFields) {
    (id, name, zone) = (form["id"], form["name"], form["zone"])
    (starts, startsChoice) = (form["starts"], form["starts_choice"])
    (ends, endsChoice) = (form["ends"], form["ends_choice"])
    (limit, items, reason, seen) = (form["limit"], form["items"], form["reason"], form["seen"])
  }

  /// A sale that there is, to change it.
  init(_ stored: StoredSale, zone: TimeZone) {
    let sale = stored.sale
    (id, name, self.zone) = (sale.id.rawValue, sale.name, zone.identifier)
    starts = LocalTime.text(sale.startsAt, in: zone)
    ends = LocalTime.text(sale.endsAt, in: zone)
    limit = sale.perBuyerLimit.map { "\($0)" } ?? ""
    items = Self.text(of: sale.items)
    seen = Self.state(sale)
  }

  /// A copy of it, a week later by the clock of its zone: the hours stay, also where the clocks change in between.
  init(copying stored: StoredSale, zone: TimeZone) {
    self.init(stored, zone: zone)
    func weekLater(_ text: String) -> String {
      Timestamp(rfc3339: "\(text)Z").map { String($0.after(.seconds(7 * 86_400)).description.prefix(19)) } ?? text
    }
    (id, seen) = ("", "")
    (starts, ends) = (weekLater(starts), weekLater(ends))
  }

  /// A line for each item.
  static func text(of items: [SaleItem]) -> String {
    items.map { item in
      let price = Money(minor: item.price.minor, currency: item.price.currency).description
      return "\(item.sku), \(item.stock), \(price.replacing(" ", with: ", "))"
    }.joined(separator: "\n")
  }

  /// What the form shows of a sale, in one text to compare.
  static func state(_ sale: Sale) -> String {
    let prices = sale.items.map { "\($0.sku)=\($0.stock)×\($0.price.minor)" }.joined(separator: ",")
    return "\(sale.startsAt)|\(sale.endsAt)|\(sale.perBuyerLimit.map { "\($0)" } ?? "")|\(prices)"
  }
}

/// What is wrong with a field.
enum SaleFormError: Error, Equatable {
  case reason(String)
  case zone
  case time(LocalTime.Fault)
  case line(Int)
  /// What is not allowed in a line.
  case rule(Int, ValidationError)
  /// What a sale that exists does not take, of one of its SKUs.
  case item(SKU, ImportFault.Kind)
}

extension SaleForm {
  /// The instants of the window. Notes what is wrong.
  mutating func window() -> (starts: Timestamp, ends: Timestamp)? {
    guard let zone = LocalTime.zone(zone) else {
      errors["zone"] = .zone
      return nil
    }
    var found: [String: Timestamp] = [:]
    for (field, text, choice) in [("starts", starts, startsChoice), ("ends", ends, endsChoice)] {
      do throws(LocalTime.Fault) {
        found[field] = try LocalTime.instant(text, in: zone, choosing: LocalTime.Choice(rawValue: choice))
      } catch {
        errors[field] = .time(error)
      }
    }
    guard let starts = found["starts"], let ends = found["ends"] else { return nil }
    return (starts, ends)
  }

  /// The sale that the form describes; `nil`: `errors` says what is wrong.
  mutating func sale() -> Sale? {
    let window = window()
    let items = typedItems()
    var limitUnits: Units?
    if !limit.isEmpty {
      limitUnits = Int32(limit).map(Units.init(_:))
      if limitUnits == nil { errors["limit"] = .reason("must be a whole number, or left out") }
    }
    guard errors.isEmpty, let window else { return nil }
    do throws(ValidationError) {
      return try Sale(
        id: SaleID(validating: id, field: "id"), name: name, startsAt: window.starts, endsAt: window.ends,
        perBuyerLimit: limitUnits, items: items)
    } catch {
      let fields = ["starts_at": "starts", "ends_at": "ends", "per_buyer_limit": "limit", "id": "id", "name": "name"]
      errors[fields[error.field] ?? "items"] = .reason(error.reason)
    }
    return nil
  }

  /// The items of the lines that can be read. Notes the first line that cannot.
  mutating func typedItems() -> [SaleItem] {
    var items: [SaleItem] = []
    for (index, line) in self.items.split(whereSeparator: \.isNewline).enumerated() {
      do { items.append(try Self.item(String(line))) } catch let error as ValidationError {
        errors["items"] = errors["items"] ?? .rule(index + 1, error)
      } catch {
        errors["items"] = errors["items"] ?? .line(index + 1)
      }
    }
    return items
  }

  private struct NoItem: Error {}

  private static func item(_ line: String) throws -> SaleItem {
    let cells = line.split(separator: line.contains(";") ? ";" : ",").map { $0.trimmingCharacters(in: .whitespaces) }
    guard cells.count == 4, let units = Int32(cells[1]), let minor = Currency.minor(cells[2], cells[3]) else {
      throw NoItem()
    }
    return try SaleItem(
      sku: SKU(validating: cells[0]), stock: Units(units), price: Price(minor: minor, currency: cells[3]))
  }

  /// The first item that only another command could make of the sale's.
  private static func fault(of wanted: [SaleItem], in sale: Sale) -> SaleFormError? {
    for item in wanted {
      guard let old = sale.item(item.sku) else { return .item(item.sku, .notInSale) }
      if item.stock != old.stock { return .item(item.sku, .unitsStay) }
      if item.price.currency != old.price.currency { return .item(item.sku, .currencyStays) }
    }
    return sale.items.first { item in !wanted.contains { $0.sku == item.sku } }.map { .item($0.sku, .skuStays) }
  }

  /// What differs between a sale and the form, as the body of the API's PATCH; `nil`: nothing, or `errors` says why.
  mutating func change(of stored: StoredSale) -> CommandRequest.Change? {
    let sale = stored.sale
    guard let wanted = self.sale() else { return nil }
    if let fault = Self.fault(of: wanted.items, in: sale) {
      errors["items"] = fault
      return nil
    }
    var fields: [String: Any] = ["reason": reason]
    if wanted.startsAt != sale.startsAt { fields["starts_at"] = "\(wanted.startsAt)" }
    if wanted.endsAt != sale.endsAt { fields["ends_at"] = "\(wanted.endsAt)" }
    if let limit = wanted.perBuyerLimit, limit != sale.perBuyerLimit { fields["per_buyer_limit"] = Int(limit.rawValue) }
    var prices: [String: Int64] = [:]
    for item in wanted.items where sale.item(item.sku)?.price != item.price {
      prices[item.sku.rawValue] = item.price.minor
    }
    if !prices.isEmpty { fields["prices"] = prices }
    do {
      let body = try JSONSerialization.data(withJSONObject: fields)
      return try body.withUnsafeBytes { bytes in try CommandRequest.Change(parsing: bytes) }
    } catch let error as BodyError {
      if case .invalidField(let field, let why) = error {
        let place = field.hasPrefix("prices") ? "items" : field
        errors[["reason", "items"].contains(place) ? place : "starts"] = .reason(why)
      } else {
        errors["reason"] = .reason("\(error)")
      }
    } catch {
      errors["reason"] = .reason("\(error)")
    }
    return nil
  }
}
