internal import FlashSale
internal import SaleStore
internal import Time

/// The list of sales.
enum SalesPage {
  /// The newest `Limits.listedSales` of `sales`, which come newest first, as they stand at `time`.
  static func html(_ sales: [StoredSale], at time: Timestamp) -> HTML {
    let shown = sales.prefix(Limits.listedSales)
    let isMoving = shown.contains { [.open, .upcoming].contains($0.status(at: time)) }
    let cards = shown.map { card($0, at: time) }
    let empty: HTML = """
      <section class="card"><p>There is no sale yet. Put one up with \
      <code>penstock sale create --file sale.json</code> or <code>POST /admin/api/sales</code>.</p></section>
      """
    let rest: HTML =
      sales.count == shown.count
      ? ""
      : """
      <p class="soft">The newest \(shown.count.grouped) of \(sales.count.grouped) sales. \
      The <a href="/admin/api/sales">API</a> lists all.</p>
      """
    return PageLayout.html(
      title: "Sales", refresh: isMoving,
      """
      <div class="head"><h1>Sales</h1><span class="soft small">as of \(time.dateAndTime) UTC</span></div>
      \(cards.isEmpty ? empty : "<div class=\"sales\">\(cards)</div>")
      \(rest)
      """)
  }

  private static func card(_ stored: StoredSale, at time: Timestamp) -> HTML {
    let sale = stored.sale
    let putUp = sale.items.reduce(Int64(0)) { $0 + Int64($1.stock.rawValue) }
    let left = sale.items.reduce(Int64(0)) { $0 + Int64(stored.left(of: $1).rawValue) }
    let items = sale.items.count == 1 ? "1 SKU" : "\(sale.items.count.grouped) SKUs"
    return """
      <a class="card sale" href="/admin/sales/\(sale.id.rawValue)">
      <span class="head"><strong>\(sale.name)</strong>\(PageLayout.pill(stored.status(at: time).rawValue))</span>
      <span class="soft small"><code>\(sale.id.rawValue)</code> · \(items)</span>
      \(PageLayout.bar(Double(putUp - left) / Double(max(putUp, 1))))
      <span class="small">\((putUp - left).grouped) of \(putUp.grouped) units sold · \(left.grouped) left</span>
      <span class="soft small">\(sale.startsAt.dateAndMinute) to \(sale.endsAt.dateAndMinute) UTC</span>
      </a>

      """
  }
}
