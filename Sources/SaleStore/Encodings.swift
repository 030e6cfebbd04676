import FlashSale
import Postgres

// The domain's types as parameters and columns. An identifier that comes back from the store is checked like any
// other input: what an older program or a person wrote there is not trusted.

extension OrderID {
  var uuid: UUIDBytes { UUIDBytes(high: high, low: low) }

  init(_ uuid: UUIDBytes) { self.init(high: uuid.high, low: uuid.low) }
}

extension Row {
  func identifier<ID: Identifier>(_ column: Column, as type: ID.Type = ID.self) throws -> ID {
    let text = try string(column)
    guard let value = ID(rawValue: text) else {
      throw StoreError.unreadable("\(text.debugDescription) in the store is not a valid \(ID.field)")
    }
    return value
  }

  func units(_ column: Column) throws -> Units { Units(try int32(column)) }

  func partition(_ column: Column) throws -> Partition { Partition(try int32(column)) }

  func offset(_ column: Column) throws -> Offset { Offset(try int64(column)) }

  func saleNumber(_ column: Column) throws -> SaleNumber { SaleNumber(rawValue: try int32(column)) }
}

extension Outcome {
  private static let storedWaitlisted: Int16 = 100

  /// The value of `orders.outcome`: 0, 100, or the refusal's own.
  var stored: Int16 {
    switch self {
    case .confirmed: 0
    case .waitlisted: Self.storedWaitlisted
    case .rejected(let refusal): refusal.rawValue
    }
  }

  init(stored: Int16) throws(StoreError) {
    if stored == 0 {
      self = .confirmed
    } else if stored == Self.storedWaitlisted {
      self = .waitlisted
    } else if let refusal = Refusal(rawValue: stored) {
      self = .rejected(refusal)
    } else {
      throw .unreadable("outcome \(stored) in the store is not known to this version")
    }
  }
}
