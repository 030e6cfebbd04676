internal import Foundation

/// A column of a file of SKUs. The names of others are passed over.
enum ImportColumn: String, CaseIterable {
  case sku, units, price, currency

  /// What a header may call it, beside its own name.
  private var others: [String] {
    switch self {
    case .sku: ["商品", "商品编号", "sku编号", "商品sku编号"]
    case .units: ["stock", "quantity", "件数", "库存", "数量"]
    case .price: ["价格", "单价", "售价"]
    case .currency: ["币种", "货币"]
    }
  }

  /// The column of a name, whatever its case.
  init?(_ name: String) {
    let name = name.trimmingCharacters(in: .whitespacesAndNewlines).lowercased().replacing(" ", with: "")
    guard let found = Self.allCases.first(where: { $0.rawValue == name || $0.others.contains(name) }) else {
      return nil
    }
    self = found
  }
}
