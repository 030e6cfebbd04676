/// Who asks for what: the content of request *i*, from the seed alone.
///
/// (1) The same seed and settings give the same requests.
/// (2) A repeat has the buyer, SKU, quantity and key of an earlier request, its *original*; an original's number is
///     the smallest.
struct Mix: Sendable {
  struct Request: Equatable, Sendable {
    /// The first request with this key. The request's own number, unless it is a repeat.
    let original: Int
    let buyer: Int
    let sku: Int
  }

  let dice: Dice
  let buyers: Int
  let popularity: Popularity
  let quantity: Int
  /// The share of requests that repeat an earlier one, from 0 to `Limits.retryShare`.
  let retryShare: Double

  func request(_ index: Int) -> Request {
    let original = original(of: index)
    return Request(
      original: original,
      buyer: dice.below(buyers, .buyer, original),
      sku: popularity.sku(at: dice.unit(.sku, original)))
  }

  /// The request whose key this one carries.
  func original(of index: Int) -> Int {
    var index = index
    while index > 0, retryShare > 0, dice.unit(.isRepeat, index) < retryShare {
      index -= 1 + dice.below(min(index, Limits.retryReach), .howFarBack, index)
    }
    return index
  }

  /// The Idempotency-Key of an original. With the seed in it, so that another run is another crowd.
  func key(original: Int) -> String {
    "\(keyPrefix)\(original)"
  }

  /// What every key of the run begins with.
  var keyPrefix: String {
    "spike-" + String(dice.seed, radix: 16) + "-"
  }

  /// A buyer as the gateway names them.
  static func buyerName(_ buyer: Int) -> String { "b\(buyer)" }
}
