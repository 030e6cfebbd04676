public import FlashSale
import Postgres
public import Time

/// One command for each order that fits a search, as far as it has come.
public struct BulkJob: Sendable, Hashable {
  /// Where it stands.
  public enum State: String, Sendable {
    case running, done
    /// By a person. What is listed and not written by then is not written.
    case stopped
    /// What it was about cannot be read any more.
    case failed
  }

  public let id: Int64
  public let sale: SaleID
  public let saleNumber: SaleNumber
  public let action: BulkAction
  public let state: State

  /// Which orders, as the query of a listing, and as of which vector.
  public let search: String
  public let asOf: OffsetVector

  /// The cursor of the next page of the search; `nil`: the first one.
  public let place: OrderCursor?

  /// Whether all orders that fit are listed.
  public let isSearched: Bool

  /// How many orders the preview counted.
  public let expected: Int64?

  /// Orders that fit so far; of these, those that the action can do nothing to.
  public let searched: Int64
  public let skipped: Int64

  /// Commands that are to be written, and those that surely are.
  public let listed: Int64
  public let written: Int64

  /// Commands that a lane is known to have decided; of these, those that changed nothing.
  public let decided: Int64
  public let refused: Int64
  public let startedBy: String
  public let because: String
  public let error: String?
  public let createdAt: Timestamp
  public let finishedAt: Timestamp?
}

/// One command of a job.
public struct BulkItem: Sendable, Hashable {
  /// From 0, in the order of the search.
  public let number: Int64
  public let order: OrderID
  public let sku: SKU
  public let command: CommandID

  /// Of a refund: which payment, and how much of it.
  public let payment: PaymentID?
  public let minor: Int64?

  /// Whether it is surely in the log, and where.
  public let isWritten: Bool
  public let position: LogPosition?

  /// What the lane decided; `nil`: nothing yet.
  public let effect: StoredEffect?

  /// An item that is not written yet.
  public init(
    number: Int64, order: OrderID, sku: SKU, command: CommandID, payment: PaymentID? = nil, minor: Int64? = nil
  ) {
    (self.number, self.order, self.sku, self.command) = (number, order, sku, command)
    (self.payment, self.minor) = (payment, minor)
    (isWritten, position, effect) = (false, nil, nil)
  }
}

extension BulkJob {
  init(row: Row) throws {
    id = try row.int64("id")
    sale = try row.identifier("sale_id")
    saleNumber = try row.saleNumber("sale")
    let (action, state) = (try row.string("action"), try row.string("state"))
    guard let knownAction = BulkAction(rawValue: action), let knownState = State(rawValue: state),
      let vector = OffsetVector(try row.string("as_of"))
    else { throw StoreError.unreadable("bulk job \(id) is of a kind that this version does not know") }
    (self.action, self.state, asOf) = (knownAction, knownState, vector)
    search = try row.string("search")
    let place: String? = try row.optional("place")
    self.place = try place.map { text in
      guard let cursor = OrderCursor(text) else {
        throw StoreError.unreadable("bulk job \(try row.int64("id")) stands at a place that is no cursor")
      }
      return cursor
    }
    isSearched = try row.bool("is_searched")
    expected = try row.optional("expected")
    searched = try row.int64("searched")
    skipped = try row.int64("skipped")
    listed = try row.int64("listed")
    written = try row.int64("written")
    decided = try row.int64("decided")
    refused = try row.int64("refused")
    startedBy = try row.string("started_by")
    because = try row.string("because")
    error = try row.optional("error")
    createdAt = try row.timestamp("created_at")
    finishedAt = try row.optional("finished_at")
  }
}

extension BulkItem {
  init(row: Row) throws {
    number = try row.int64("number")
    order = OrderID(try row.uuid("order_id"))
    sku = try row.identifier("sku")
    command = CommandID(rawValue: try row.int64("command_id"))
    payment = try row.optional("payment", as: String.self).map { try PaymentID(validating: $0) }
    minor = try row.optional("minor")
    isWritten = try row.bool("is_written")
    let offset: Int64? = try row.optional("log_offset")
    position = try offset.map { LogPosition(partition: try row.partition("partition"), offset: Offset($0)) }
    effect = nil
  }

  init(_ item: BulkItem, effect: StoredEffect?) {
    (number, order, sku, command) = (item.number, item.order, item.sku, item.command)
    (payment, minor, isWritten, position) = (item.payment, item.minor, item.isWritten, item.position)
    self.effect = effect
  }
}
