import FlashSale

/// Lives of orders that are held and not paid: a payment, or the end of the hold, is still to come for each. What else
/// commands name is loaded.
///
/// (1) A life in here is as this lane committed or decided it under its claim. Only the lane of its stock changes it.
/// (2) It goes as soon as the order is paid or its hold has ended. So there are never more than units that are held.
struct KnownLives: Sendable {
  /// In a box, so that a memory with two owners does not copy every life.
  private final class Life: Sendable {
    let hold: Hold
    init(_ hold: Hold) { self.hold = hold }
  }

  private let most: Int
  private var lives: [OrderID: Life] = [:]

  /// Knows nothing, and remembers so many at most: past it, those that come are loaded when they are named.
  init(most: Int) { self.most = most }

  /// The life of an order; `nil` if it is not remembered.
  subscript(order: OrderID) -> Hold? { lives[order]?.hold }

  /// Takes in what a batch has changed. Where not all fit, it is done in the order of their ids, so that every process
  /// remembers the same ones.
  mutating func add(_ changes: [OrderID: Effects.HoldChange]) {
    guard lives.count + changes.count > most else { return changes.values.forEach { add($0.after) } }
    for order in changes.keys.sorted() {
      if let change = changes[order] { add(change.after) }
    }
  }

  private mutating func add(_ hold: Hold) {
    if hold.state == .reserved, lives.count < most || lives[hold.order] != nil {
      lives[hold.order] = Life(hold)
    } else if !lives.isEmpty {
      lives[hold.order] = nil
    }
  }

  /// Forgets all.
  mutating func removeAll() { lives = [:] }
}
