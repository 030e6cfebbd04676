internal import FlashSale
internal import SaleStore
internal import Time

/// What commands did, as the admin API tells it.
struct CommandEffects: Encodable {
  struct Effect: Encodable {
    let sku: SKU
    let command: String
    /// `queued`: it is in the log, and not decided yet.
    let result: String
    let units: Int32
    let minor: Int64
    @Nullable var state: String?
    let partition: Int32
    let offset: Int64
  }

  /// The order that they are about; `nil`: about a sale.
  @Nullable var orderID: String?

  /// The sale as it stands then.
  let sale: AdminSale
  let effects: [Effect]
  let isDecided: Bool

  /// Whether an earlier call had done all of them.
  var isRepeat = false

  /// When the first of them was accepted, if an earlier call had done it.
  var doneBefore: Timestamp?

  private enum CodingKeys: String, CodingKey {
    case orderID = "order_id"
    case sale, effects
  }
}

extension CommandEffects.Effect {
  init(_ effect: StoredEffect) {
    self.init(
      sku: effect.sku, command: effect.action.code, result: effect.result.code, units: effect.units,
      minor: effect.minor, state: effect.state?.code, partition: effect.position.partition.rawValue,
      offset: effect.position.offset.rawValue)
  }

  /// One that is not decided.
  init(queued command: HistoryEntry.Action, of sku: SKU, at position: LogPosition) {
    self.init(
      sku: sku, command: command.code, result: "queued", units: 0, minor: 0, state: nil,
      partition: position.partition.rawValue, offset: position.offset.rawValue)
  }
}
