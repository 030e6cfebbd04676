internal import FlashSale
internal import FoundationEssentials
internal import Time

extension ResumeRequest {
  /// As the API takes it.
  var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      return String(
        decoding: try encoder.encode(Body(because: because, at: offset?.rawValue, halted_at: haltedAt?.description)),
        as: UTF8.self)
    }
  }

  private struct Body: Encodable {
    let because: String
    let at: Int64?
    let halted_at: String?
  }
}
