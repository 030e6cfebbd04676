package import FlashSale

/// A record that cannot be decided, as it is kept: whole, with the error, and with what is known of it.
package struct UndecidedRecord: Sendable {
  package let offset: Offset
  package let error: String
  package let raw: RawRecord

  /// The order that it would have been, if it could be decoded.
  package let order: OrderID?

  /// The sale that its value names, and the one that its key names.
  package let saleNumber: SaleNumber?
  package let saleID: SaleID?

  /// The sale that it is counted under, if there is such a one.
  package private(set) var sale: SaleNumber?

  init(_ entry: LogEntry, error: String, _ raw: RawRecord) {
    offset = entry.offset
    self.error = error
    self.raw = raw
    let record = entry.namedRecord
    order = record?.request?.order
    saleNumber = record?.stock.sale
    saleID = raw.key.flatMap { key in key.withUnsafeBytes { RecordKey.sale(inKey: $0) } }
  }

  /// By its value, or else by its key.
  mutating func resolve(_ numbers: Set<SaleNumber>, _ ids: [SaleID: SaleNumber]) {
    sale = saleNumber.flatMap { numbers.contains($0) ? $0 : nil } ?? saleID.flatMap { ids[$0] }
  }
}

extension LogEntry {
  /// The record that could be decoded, whatever becomes of it.
  fileprivate var namedRecord: LogRecord? {
    switch content {
    case .record(let record), .poisonous(let record, _): record
    case .unreadable: nil
    }
  }
}
