import FlashSale
import FoundationEssentials

extension SaleShaping {
  /// As the store keeps it: its JSON form.
  var text: String {
    get throws { String(decoding: try JSONEncoder().encode(self), as: UTF8.self) }
  }

  /// Reads what the store has. A rule that this version does not know is an error: it would not be kept.
  init(stored text: String) throws {
    var text = text
    self = try text.withUTF8 { bytes throws(BodyError) in try SaleShaping(parsing: UnsafeRawBufferPointer(bytes)) }
  }
}

extension HoldRules {
  /// As the store keeps it: its JSON form.
  var text: String {
    get throws { String(decoding: try JSONEncoder().encode(self), as: UTF8.self) }
  }

  /// Reads what the store has. A rule that this version does not know is an error: it would not be kept.
  init(stored text: String) throws {
    var text = text
    self = try text.withUTF8 { bytes throws(BodyError) in try HoldRules(parsing: UnsafeRawBufferPointer(bytes)) }
  }
}
