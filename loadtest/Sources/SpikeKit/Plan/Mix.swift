/// The content of request *i*, from the seed alone.
///
/// (1) The same seed and settings give the same requests.
/// (2) A repeat has the buyer, SKU, quantity and key of an earlier request, its *original*; an original's number is
///     the smallest.
/// (3) Another try of a request differs from the first one at most in its key.
struct Mix: Sendable {
  struct Request: Equatable, Sendable {
    /// The first request with this key. The request's own number, unless it is a repeat.
    /// A later try with a key of its own is an original too, numbered behind all requests.
    let original: Int
    let buyer: Int
    let sku: Int
    /// An index into the crowd's groups.
    var group = 0
  }

  let dice: Dice
  let crowd: Crowd
  let popularity: Popularity
  let quantity: Int
  /// The share of requests that repeat an earlier one, from 0 to `Limits.retryShare`.
  let retryShare: Double

  /// - Parameters:
  ///   - index: The request's place in the schedule.
  ///   - attempt: Which try of it. 0 is the first.
  func request(_ index: Int, attempt: Int = 0) -> Request {
    let original = original(of: index)
    let group = crowd.groups.count == 1 ? 0 : crowd.group(at: dice.unit(.group, original))
    if crowd.groups[group].repeatsOthers { return another(before: original, by: group) }
    let people = crowd.people(ofGroup: group)
    return Request(
      original: crowd.groups[group].renewsKey ? original + attempt * Limits.requests : original,
      buyer: people.lowerBound + dice.below(people.count, .buyer, original),
      sku: crowd.groups[group].wantsHottest ? 0 : popularity.sku(at: dice.unit(.sku, original)),
      group: group)
  }

  /// An earlier request of a group that has its own, sent once more by this one. Where there is none yet, it is the
  /// first of such a group.
  private func another(before index: Int, by group: Int) -> Request {
    var earlier = index
    while earlier > 0 {
      earlier -= 1 + dice.below(min(earlier, Limits.retryReach), .howFarBack, earlier)
      let theirs = crowd.group(at: dice.unit(.group, earlier))
      if !crowd.groups[theirs].repeatsOthers { break }
    }
    while crowd.groups[crowd.group(at: dice.unit(.group, earlier))].repeatsOthers { earlier += 1 }
    var request = request(earlier)
    request.group = group
    return request
  }

  /// The request whose key this one carries.
  func original(of index: Int) -> Int {
    var index = index
    while index > 0, retryShare > 0, dice.unit(.isRepeat, index) < retryShare {
      index -= 1 + dice.below(min(index, Limits.retryReach), .howFarBack, index)
    }
    return index
  }

  /// Whether an original waits for units that come back, if nothing is left.
  func waits(_ request: Request) -> Bool {
    let share = crowd.groups[crowd.group(ofBuyer: request.buyer)].conduct.waits
    return share > 0 && dice.unit(.waits, request.original) < share
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
