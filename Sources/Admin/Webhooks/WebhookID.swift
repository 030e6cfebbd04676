internal import HTTPServing

/// The number of a webhook's endpoint, in a path.
struct WebhookID: PathParameter {
  static var nameInPath: String { "webhook" }

  let rawValue: Int32

  init?(inPath text: String) {
    guard let number: Int32 = Self.number(text) else { return nil }
    rawValue = number
  }
}
