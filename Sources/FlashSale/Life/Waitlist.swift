/// Who waits for units of one stock that come back, in the order of the log.
///
/// It keeps those who left as gaps until they are many, so that leaving costs a search and no move.
public struct Waitlist: Sendable {
  private final class Place: Sendable {
    let hold: Hold
    init(_ hold: Hold) { self.hold = hold }
  }

  private var places: [Place?] = []
  private var offsets: [Offset] = []

  /// How many wait.
  public private(set) var count = 0

  /// The fewest units that one of them wants, at least: it can be too low.
  private var fewest = Units(Limits.orderUnits)

  /// Nobody waits.
  public init() {}

  public var isEmpty: Bool { count == 0 }

  /// Adds an order that waits, behind all others.
  public mutating func add(_ hold: Hold) {
    places.append(Place(hold))
    offsets.append(hold.offset)
    count += 1
    fewest = min(fewest, hold.units)
  }

  /// The order no longer waits.
  mutating func remove(_ offset: Offset) {
    guard let index = index(of: offset), places[index] != nil else { return }
    places[index] = nil
    count -= 1
    guard places.count > 32, count < places.count / 2 else { return }
    var rest = Waitlist()
    for place in places { if let place { rest.add(place.hold) } }
    self = rest
  }

  /// The order wants another number of units. Its place stays.
  mutating func change(_ hold: Hold) {
    guard let index = index(of: hold.offset), places[index] != nil else { return }
    places[index] = Place(hold)
    fewest = min(fewest, hold.units)
  }

  /// Whom `left` units are offered to, one after another, and how many each; nobody if they are kept.
  func offers(of left: Units, _ short: WaitlistRules.Short) -> [(hold: Hold, units: Units)] {
    var left = left
    var offers: [(hold: Hold, units: Units)] = []
    guard short != .skip || left >= fewest else { return [] }
    for place in places {
      guard left > .zero else { break }
      guard let hold = place?.hold else { continue }
      if hold.units <= left {
        offers.append((hold, hold.units))
        left = left - hold.units
      } else if short == .partial {
        offers.append((hold, left))
        left = .zero
      } else if short == .gather {
        break
      }
    }
    return offers
  }

  /// Offsets only grow.
  private func index(of offset: Offset) -> Int? {
    var (low, high) = (0, offsets.count)
    while low < high {
      let middle = (low + high) / 2
      if offsets[middle] < offset { low = middle + 1 } else { high = middle }
    }
    return low < offsets.count && offsets[low] == offset ? low : nil
  }
}
