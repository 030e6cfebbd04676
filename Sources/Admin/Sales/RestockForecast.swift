internal import FlashSale
internal import HTTPServing
internal import SaleStore
internal import Time

/// What a restock will do to a stock as it stands: what `decide` makes of it. A lane decides in the end.
struct RestockForecast: Equatable, Sendable {
  /// When buyers can have the units.
  enum Sale: Equatable, Sendable {
    case now
    case from(Timestamp)
    /// Not before the stock is reopened.
    case closed
    /// Not before the end is moved, which was then.
    case ended(Timestamp)
  }

  let sku: SKU
  let units: Units
  let before: LaneStock.Level
  let after: LaneStock.Level
  let sale: Sale
  let next: OrderForecast.Next

  /// Throws what it would be refused with.
  init(_ units: Units, of item: SaleItem, in stored: StoredSale, at now: Timestamp) throws(Problem) {
    let key = StockKey(sale: stored.number, sku: item.sku)
    let action = StockCommand.Action.restock(units)
    var (lane, effects) = (LaneStock(), Effects())
    before = stored.level(of: item)
    lane.stock[key] = before
    let command: StockCommand
    do { command = try StockCommand(stock: key, at: now, action: action, by: .shop) } catch {
      throw .body(.invalidField(error.field, error.reason))
    }
    decide(&lane, .stock(command), at: before.asOf, into: &effects)
    guard effects.history.first?.result != .tooMuch, let after = lane.stock[key] else {
      throw .tooMuch(item.sku, action)
    }
    (self.units, self.after, sku) = (units, after, item.sku)
    next = OrderForecast.Next(after, at: now)
    if now >= after.rules.endsAt {
      sale = .ended(after.rules.endsAt)
    } else if after.isClosed {
      sale = .closed
    } else {
      sale = now < after.rules.startsAt ? .from(after.rules.startsAt) : .now
    }
  }
}

extension StoredSale {
  /// What a lane would know of an item; closed with its sale.
  fileprivate func level(of item: SaleItem) -> LaneStock.Level {
    let level = stock[item.sku] ?? StockLevel(left: item.stock, isClosed: false, asOf: Offset(0))
    var known = LaneStock.Level(
      level, putUp: item.stock, price: item.price,
      rules: SaleRules(
        startsAt: sale.startsAt, endsAt: sale.endsAt, perBuyerLimit: sale.perBuyerLimit, holds: sale.holds))
    known.isClosed = level.isClosed || closedAt != nil
    return known
  }
}
