internal import FlashSale
internal import HTTPServing

/// One line of an order of several, with what is known of its item.
struct BasketLine {
  let item: CatalogItem
  let quantity: Units

  /// The lines of a basket, in the buyer's order.
  ///
  /// Throws `unknown_sku` and `invalid_field`, each with the line: the sale has no such SKU, decides each SKU by
  /// itself, or prices the lines in two currencies.
  static func lines(of request: OrderRequest, in sale: CatalogSale) throws(Problem) -> [BasketLine] {
    var lines: [BasketLine] = []
    for (index, line) in request.lines.enumerated() {
      guard let item = sale[line.sku] else { throw .unknownSKU(ofLine: index) }
      lines.append(BasketLine(item: item, quantity: line.quantity))
    }
    guard sale.sale.ordering == .sale else {
      throw .body(
        .invalidField(
          "lines",
          "must be one line: this sale decides each SKU by itself (its ordering is sku), so that nothing can be all or "
            + "nothing; order each SKU by itself"))
    }
    let currency = lines[0].item.price.currency
    for (index, line) in lines.enumerated() where line.item.price.currency != currency {
      throw .body(
        .invalidField(
          "lines[\(index)].sku",
          "is priced in \(line.item.price.currency), and the lines before it in \(currency): an order is paid at once"))
    }
    return lines
  }
}

extension Problem {
  /// Says of which line of a basket it is, if it is of one.
  func ofLine(_ index: Int) -> Problem {
    code == .soldOut || code == .allHeld ? with { $0.field = "lines[\(index)].sku" } : self
  }
}

extension Submission {
  /// Lets it into the lines of its sale and of its items, or into none: one of them is full.
  ///
  /// - Parameter isInLog: it was sent before, and is in the log.
  func admit(isInLog: @autoclosure () -> Bool) throws(Problem) {
    try item.backlog?.admit(isInLog: isInLog())
    guard let cap = item.queueCap else { return }
    do throws(Problem) {
      try admit(cap: cap)
    } catch {
      item.backlog?.settle(.refused)
      throw error
    }
  }

  private func admit(cap: Int32) throws(Problem) {
    guard !lines.isEmpty else { return try item.admit(quantity, waits: waits, order: named, cap: cap) }
    for (index, line) in lines.enumerated() {
      do throws(Problem) {
        try line.item.admit(line.quantity, waits: false, order: named, cap: cap)
      } catch {
        for admitted in lines[..<index] { admitted.item.line.leave(admitted.quantity) }
        throw error
      }
    }
  }

  /// Whether, of some line, as many units are ahead of it as are left.
  ///
  /// - Parameter position: records ahead of it in its partition.
  func isLikelySoldOut(position: Int64) -> Bool {
    guard !lines.isEmpty else { return item.isLikelySoldOut(quantity, position: position) }
    return lines.contains { $0.item.isLikelySoldOut($0.quantity, position: position) }
  }
}
