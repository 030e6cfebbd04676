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

  /// Seconds for which what is won is held; empty: it is confirmed without a payment. Of new sales only.
  var hold = ""

  /// Orders that may be in line; empty: any number. Of new sales only.
  var backlog = ""

  /// A line for each SKU: SKU, units, price, currency.
  var items = ""
  var reason = ""

  /// What the sale was when the form was loaded, as `SeenSale`; empty for a new one.
  var seen = ""

  /// The version of its last change then.
  var version: Int64?

  /// The sale that this one is a copy of; empty: none.
  var source = ""

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
    (hold, version, source) = (form["hold"], Int64(form["version"]), form["from"])
    backlog = form["backlog"]
  }

  /// A sale that there is, to change it.
  init(_ stored: StoredSale, zone: TimeZone, version: Int64 = 0) {
    let sale = stored.sale
    (id, name, self.zone) = (sale.id.rawValue, sale.name, zone.identifier)
    starts = LocalTime.text(sale.startsAt, in: zone)
    ends = LocalTime.text(sale.endsAt, in: zone)
    limit = sale.perBuyerLimit.map { "\($0)" } ?? ""
    items = Self.text(of: sale.items)
    (seen, self.version) = (SeenSale(sale).text, version)
  }

  /// A copy of it, a week later by the clock of its zone: the hours stay, also where the clocks change in between. What
  /// the form has no field for comes with it: see `sale`.
  init(copying stored: StoredSale, zone: TimeZone) {
    self.init(stored, zone: zone)
    func weekLater(_ text: String) -> String {
      Timestamp(rfc3339: "\(text)Z").map { String($0.after(.seconds(7 * 86_400)).description.prefix(19)) } ?? text
    }
    (id, seen, source) = ("", "", stored.sale.id.rawValue)
    hold = stored.sale.holds.map { "\($0.seconds)" } ?? ""
    backlog = stored.sale.shaping.backlog.map { "\($0)" } ?? ""
    (starts, ends) = (weekLater(starts), weekLater(ends))
  }

  /// A line for each item.
  static func text(of items: [SaleItem]) -> String {
    items.map { item in
      let price = Money(minor: item.price.minor, currency: item.price.currency).description
      return "\(item.sku), \(item.stock), \(price.replacing(" ", with: ", "))"
    }.joined(separator: "\n")
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
  /// What the form's sale comes from: it has what the form has no field for.
  enum Origin {
    case nothing
    case copy(of: Sale)
    case change(Sale)

    var sale: Sale? {
      switch self {
      case .nothing: nil
      case .copy(of: let sale), .change(let sale): sale
      }
    }

    /// The sale that is changed.
    var changed: Sale? { if case .change(let sale) = self { sale } else { nil } }
  }

  /// The instants of the window. Notes what is wrong. A time that shows the instant of a sale is
  /// that instant: a form has no fractions of a second, and no second choice in an overlap.
  private mutating func window(_ origin: Origin, in zone: TimeZone) -> (starts: Timestamp, ends: Timestamp)? {
    var found: [String: Timestamp] = [:]
    for (field, text, choice) in [("starts", starts, startsChoice), ("ends", ends, endsChoice)] {
      if case .change(let sale) = origin {
        let instant = field == "starts" ? sale.startsAt : sale.endsAt
        if choice.isEmpty, text == LocalTime.text(instant, in: zone) {
          found[field] = instant
          continue
        }
      }
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
  ///
  /// A copy has the holds, the waiting room, the limits and the ordering of its source. Instants that they name are as
  /// far from the start as they were, by the clocks of the form's zone.
  mutating func sale(_ origin: Origin) -> Sale? {
    guard let zone = LocalTime.zone(zone) else {
      errors["zone"] = .zone
      return nil
    }
    let window = window(origin, in: zone)
    let items = typedItems(changing: origin.changed)
    var limitUnits: Units?
    if !limit.isEmpty {
      limitUnits = Int32(limit).map(Units.init(_:))
      if limitUnits == nil { errors["limit"] = .reason("must be a whole number, or left out") }
    }
    let holds = holds(origin)
    let backlog = backlog(origin)
    guard errors.isEmpty, let window else { return nil }
    let base = origin.sale
    var shaping =
      base?.shaping.moving { instant in
        LocalTime.moved(instant, from: base?.startsAt ?? instant, to: window.starts, in: zone)
      } ?? SaleShaping()
    shaping.backlog = backlog
    do throws(ValidationError) {
      try ValidationError.refuseTurned(name, "name")
      return try Sale(
        id: SaleID(validating: id, field: "id"), name: name, startsAt: window.starts, endsAt: window.ends,
        perBuyerLimit: limitUnits, ordering: base?.ordering == .sale ? .sale : nil,
        shaping: shaping, holds: holds, items: items)
    } catch {
      let fields = ["starts_at": "starts", "ends_at": "ends", "per_buyer_limit": "limit", "id": "id", "name": "name"]
      errors[fields[error.field] ?? "items"] = .reason(error.reason)
    }
    return nil
  }

  private mutating func holds(_ origin: Origin) -> HoldRules? {
    if case .change(let sale) = origin { return sale.holds }
    guard !hold.isEmpty else { return nil }
    do throws(ValidationError) {
      guard let seconds = Int32(hold) else { throw ValidationError("seconds", "must be a whole number, or left out") }
      guard let copied = origin.sale?.holds else { return try HoldRules(seconds: seconds) }
      return try copied.lasting(seconds)
    } catch {
      errors["hold"] = .reason(error.reason)
    }
    return nil
  }

  private mutating func backlog(_ origin: Origin) -> Int64? {
    if case .change(let sale) = origin { return sale.shaping.backlog }
    guard !backlog.isEmpty else { return nil }
    let allowed = SaleShaping.backlogs
    if let orders = Int64(backlog), allowed.contains(orders) { return orders }
    errors["backlog"] = .reason("must be a whole number from \(allowed.lowerBound) to \(allowed.upperBound)")
    return nil
  }

  /// The items of the lines that can be read. Notes the first line that cannot.
  mutating func typedItems(changing old: Sale? = nil) -> [SaleItem] {
    var items: [SaleItem] = []
    for (index, line) in self.items.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated()
    where !line.allSatisfy(\.isWhitespace) {
      do { items.append(try Self.item(String(line), of: old)) } catch let error as ValidationError {
        errors["items"] = errors["items"] ?? .rule(index + 1, error)
      } catch {
        errors["items"] = errors["items"] ?? .line(index + 1)
      }
    }
    return items
  }

  private struct NoItem: Error {}

  private static func item(_ line: String, of old: Sale?) throws -> SaleItem {
    let cells = line.split(separator: line.contains(";") ? ";" : ",").map { $0.trimmingCharacters(in: .whitespaces) }
    guard cells.count == 4, let units = Int32(cells[1]), let minor = Currency.minor(cells[2], cells[3]) else {
      throw NoItem()
    }
    let (sku, price) = try (SKU(validating: cells[0]), Price(minor: minor, currency: cells[3]))
    // A command can have taken all of them back.
    if units == 0, let item = old?.item(sku), item.stock == .zero {
      return SaleItem(sku: sku, putUp: .zero, price: price)
    }
    return try SaleItem(sku: sku, stock: Units(units), price: price)
  }
}
