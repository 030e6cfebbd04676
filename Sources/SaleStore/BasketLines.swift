import FlashSale
import FoundationEssentials
import Postgres

/// A line of a basket as the store keeps it. Lines are a JSON array, in the buyer's order.
private struct StoredLine: Codable {
  let sku: SKU
  let units: Units
  /// In `holds` only.
  let priceMinor: Int64?

  enum CodingKeys: String, CodingKey {
    case sku, units
    case priceMinor = "price_minor"
  }

  /// Reads what a column has. What is no array of lines is an error.
  static func lines(_ text: String) throws -> [StoredLine] {
    do {
      return try JSONDecoder().decode([StoredLine].self, from: Data(text.utf8))
    } catch {
      throw StoreError.unreadable("\(text.debugDescription) in the store are not the lines of an order")
    }
  }
}

extension PurchaseRequest {
  /// The lines of a basket, as `baskets` has them. All bytes of a SKU stand for themselves in JSON.
  var storedLines: String {
    let lines = lines.map { "{\"sku\":\"\($0.sku)\",\"units\":\($0.quantity)}" }
    return "[\(lines.joined(separator: ","))]"
  }
}

extension Hold {
  /// The lines of a basket, as `holds` has them; `nil`: it has one line.
  var storedLines: String? {
    guard !lines.isEmpty else { return nil }
    let lines = lines.map { "{\"sku\":\"\($0.sku)\",\"units\":\($0.units),\"price_minor\":\($0.priceMinor)}" }
    return "[\(lines.joined(separator: ","))]"
  }
}

extension HistoryEntry {
  /// What changed of the lines of a basket, as `history` has it.
  var storedLineUnits: String? {
    lineUnits.isEmpty ? nil : "[\(lineUnits.map(String.init).joined(separator: ","))]"
  }
}

extension Row {
  /// The lines of a basket; empty where the column has none.
  func orderLines(_ column: Column) throws -> [OrderLine] {
    guard let text: String = try optional(column) else { return [] }
    return try StoredLine.lines(text).map { OrderLine(sku: $0.sku, quantity: $0.units) }
  }

  /// The same with their prices.
  func holdLines(_ column: Column) throws -> [Hold.Line] {
    guard let text: String = try optional(column) else { return [] }
    return try StoredLine.lines(text).map { Hold.Line(sku: $0.sku, units: $0.units, priceMinor: $0.priceMinor ?? 0) }
  }

  /// By how much the units of lines have changed; empty where the column has none.
  func lineUnits(_ column: Column) throws -> [Int32] {
    guard let text: String = try optional(column) else { return [] }
    guard let units = try? JSONDecoder().decode([Int32].self, from: Data(text.utf8)) else {
      throw StoreError.unreadable("\(text.debugDescription) in the store are not the units of lines")
    }
    return units
  }
}
