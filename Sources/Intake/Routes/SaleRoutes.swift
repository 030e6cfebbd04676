internal import FlashSale
internal import HTTPServing
internal import NIOCore
internal import SaleStore
internal import Synchronization
internal import Time

/// `GET /v1/sales` and `GET /v1/sales/{sale}`, from memory.
enum SaleRoutes {
  /// Where a page of the list begins: behind the sale of this number, the newest first.
  typealias Cursor = SaleNumber

  /// Writes a page of the sales that matter, the newest first: those that are open or to come, and those that were over
  /// at most `Limits.saleAfterlife` ago. Every other one is found by its id.
  ///
  /// A page has up to `Limits.listedSales` sales and `Limits.listedItems` of their items, and at least one sale; `next`
  /// is the cursor of the one behind it, or `null`.
  static func fields(_ catalog: Catalog, after cursor: Cursor?, now: Timestamp, to json: inout JSONWriter) {
    let start = Timestamp(microseconds: now.microseconds - Limits.saleAfterlife.wholeMicroseconds)
    let rest = catalog.sales.lazy.filter { sale in
      sale.over >= start && cursor.map { sale.number < $0 } ?? true
    }
    var page: [CatalogSale] = []
    var items = 0
    var next: Cursor?
    for sale in rest {
      items += sale.items.count
      guard page.isEmpty || (page.count < Limits.listedSales && items <= Limits.listedItems) else {
        next = page.last?.number
        break
      }
      page.append(sale)
    }
    json.array("sales", of: page) { json, sale in fields(sale, now, to: &json) }
    json.field("next", orNull: next?.rawValue)
  }

  /// Writes one sale.
  static func fields(_ stored: CatalogSale, _ now: Timestamp, to json: inout JSONWriter) {
    let sale = stored.sale
    json.field("id", sale.id.rawValue)
    json.field("name", sale.name)
    json.field("status", stored.status(at: now).rawValue)
    json.field("starts_at", sale.startsAt.description)
    json.field("ends_at", sale.endsAt.description)
    json.field("per_buyer_limit", orNull: sale.perBuyerLimit?.rawValue)
    json.array("items", of: stored.items) { json, item in
      json.field("sku", item.sku.rawValue)
      json.field("stock", item.putUp.rawValue)
      json.field("price_minor", item.price.minor)
      json.field("currency", item.price.currency)
      json.field("left", item.gauge.level.left.rawValue)
      // As of the last signal: requests in line are not taken off, nor what was decided since.
      json.field("left_is_approximate", true)
      if item.standing.isStale { json.field("left_is_stale", true) }
    }
  }
}

extension CatalogSale {
  /// The first instant at which nothing is sold any more, as far as is known.
  fileprivate var over: Timestamp { closedAt.map { min($0, sale.endsAt) } ?? sale.endsAt }
}

/// What is answered about sales, as bytes that many readers share: a thousand readers of a large sale cost what one
/// does.
///
/// (1) What it says is at most `Limits.saleBytesAge` old; the time of day is always of the moment.
/// (2) It keeps at most `Limits.saleBytes`. What does not fit is written anew for each reader.
struct SaleBytes {
  private enum Key: Hashable {
    case page(after: SaleNumber?)
    case sale(SaleNumber)
  }

  private var kept: [Key: ByteBuffer] = [:]
  private var size = 0
  private var since = Timestamp(microseconds: 0)

  /// Writes a page of `catalog`, as `SaleRoutes.fields` does, and the time.
  mutating func page(of catalog: Catalog, after cursor: SaleRoutes.Cursor?, to json: inout JSONWriter) {
    let now = Timestamp.now
    json.fields(bytes(of: .page(after: cursor), now) { SaleRoutes.fields(catalog, after: cursor, now: now, to: &$0) })
    json.field("server_time", now.description)
  }

  /// Writes one sale, and the time.
  mutating func sale(_ sale: CatalogSale, to json: inout JSONWriter) {
    let now = Timestamp.now
    json.fields(bytes(of: .sale(sale.number), now) { SaleRoutes.fields(sale, now, to: &$0) })
    json.field("server_time", now.description)
  }

  private mutating func bytes(of key: Key, _ now: Timestamp, _ write: (inout JSONWriter) -> Void) -> ByteBuffer {
    // A clock that was set back makes them old too.
    if !(0..<Limits.saleBytesAge.wholeMicroseconds).contains(now.microseconds(since: since)) {
      kept.removeAll(keepingCapacity: true)
      (size, since) = (0, now)
    }
    if let bytes = kept[key] { return bytes }
    var json = JSONWriter(fieldsIn: ByteBuffer())
    write(&json)
    let bytes = json.buffer
    if size + bytes.readableBytes <= Limits.saleBytes {
      kept[key] = bytes
      size += bytes.readableBytes
    }
    return bytes
  }
}

/// The bytes that routes share, which run on any thread; event loops have their own.
final class SharedSaleBytes: Sendable {
  private let bytes = Mutex(SaleBytes())

  func page(of catalog: Catalog, after cursor: SaleRoutes.Cursor?, to json: inout JSONWriter) {
    bytes.withLock { $0.page(of: catalog, after: cursor, to: &json) }
  }

  func sale(_ sale: CatalogSale, to json: inout JSONWriter) { bytes.withLock { $0.sale(sale, to: &json) } }
}
