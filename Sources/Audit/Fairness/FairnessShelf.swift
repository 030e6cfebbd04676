internal import FlashSale
internal import Time

/// One stock as its buyers were told of it: how many units can be left, and who waits for some.
///
/// (1) Who is refused for want of stock says how many units were left at most. What comes back raises that, and what is
///     won lowers it. More than that, nobody can have won fairly.
/// (2) Who waits comes before everybody behind, until the sale ends so soon that nothing is offered any more. Under
///     `skip`, others may have what is less than she wants.
struct FairnessShelf {
  /// Who was passed over, and how that shows.
  struct PassedOver {
    let offset: Offset
    let words: String
  }

  private struct Place {
    let offset: Offset
    var units: Int64
  }

  private let waitlist: WaitlistRules?
  private var endsAt: Timestamp
  private var latest = Timestamp(microseconds: .min)

  /// Units that can be left, and the refusal that says so; `nil`: nobody was refused yet.
  private var left: (units: Int64, refused: Offset)?
  private var waiting: [OrderID: Place] = [:]

  /// Who waits, in the order of the log, among some who do no longer.
  private var line: [OrderID] = []

  /// The fewest units that one of them wants, at least.
  private var fewest = Int64.max

  /// A stock of which nothing is known yet.
  ///
  /// - Parameter rules: as the sale began with them; `nil`: nobody waits.
  init(_ rules: SaleRules?) {
    waitlist = rules?.holds?.waitlist
    endsAt = rules?.endsAt ?? Timestamp(microseconds: .max)
  }

  // MARK: First decisions

  /// A request that was refused `units`, with none left, or with fewer left than it asked for.
  mutating func refuse(_ units: Int64, isEmpty: Bool, at offset: Offset) {
    if isEmpty { return bound(0, offset) }
    // Where somebody waits and the units are kept for her, there may have been enough.
    if waiting.isEmpty || waitlist?.short == .skip { bound(units - 1, offset) }
  }

  /// A request that waits.
  mutating func wait(_ order: OrderID, _ units: Int64, at offset: Offset) {
    refuse(units, isEmpty: false, at: offset)
    waiting[order] = Place(offset: offset, units: units)
    line.append(order)
    fewest = min(fewest, units)
  }

  /// Units are won by the request at this offset.
  ///
  /// - Returns: who was passed over, if somebody was.
  mutating func win(_ units: Int64, at offset: Offset) -> PassedOver? {
    let first = firstPassedOver(units, behind: offset)
    guard let left else { return first }
    self.left?.units = max(0, left.units - units)
    guard first == nil, units > left.units else { return first }
    return PassedOver(
      offset: left.refused, words: "was refused, and since then at most \(left.units) can have been left")
  }

  // MARK: What becomes of orders and of the stock

  /// A record about this stock was accepted at this time, and from it on the sale ends at `endsAt`, if that is given.
  mutating func pass(_ time: Timestamp, endsAt: Timestamp? = nil) {
    latest = max(latest, time)
    if let endsAt { self.endsAt = endsAt }
  }

  /// Units come back or are put up; below 0: they are taken away.
  mutating func add(_ units: Int64) {
    if let left { self.left?.units = max(0, left.units + units) }
  }

  func isWaiting(_ order: OrderID) -> Bool { waiting[order] != nil }

  /// An order that waits is for so many units more than before, or less.
  mutating func change(_ order: OrderID, by units: Int64, isWaiting: Bool) {
    guard let place = waiting[order] else { return }
    guard isWaiting else { return leave(order) }
    waiting[order]?.units = place.units + units
    fewest = min(fewest, place.units + units)
  }

  /// An order that waits is offered what it waits for, or so much less (`units` below 0).
  ///
  /// - Returns: who was passed over, if somebody was.
  mutating func offer(_ order: OrderID, changing units: Int64) -> (units: Int64, PassedOver?)? {
    guard let place = waiting[order] else { return nil }
    leave(order)
    return (place.units + units, win(place.units + units, at: place.offset))
  }

  /// What is known no longer holds.
  mutating func forget() { left = nil }

  // MARK: Parts

  private mutating func bound(_ units: Int64, _ offset: Offset) {
    if let left, left.units <= units { return }
    left = (units, offset)
  }

  private mutating func leave(_ order: OrderID) {
    waiting[order] = nil
    if line.count > 32, waiting.count < line.count / 2 { line.removeAll { waiting[$0] == nil } }
  }

  private func firstPassedOver(_ units: Int64, behind offset: Offset) -> PassedOver? {
    guard let waitlist, !waiting.isEmpty else { return nil }
    let isStrict = waitlist.short != .skip
    let isOver = latest.microseconds > endsAt.microseconds - Int64(waitlist.leastSeconds) * 1_000_000
    guard !isOver, isStrict || units >= fewest else { return nil }
    for order in line {
      guard let place = waiting[order] else { continue }
      guard place.offset < offset else { break }
      guard isStrict || place.units <= units else { continue }
      return PassedOver(offset: place.offset, words: "waits for \(place.units)")
    }
    return nil
  }
}
