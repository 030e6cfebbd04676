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

  /// Takes in what a batch has changed.
  mutating func add(_ changes: [OrderID: Effects.HoldChange]) {
    for (order, change) in changes {
      if change.after.state == .reserved, lives.count < most || lives[order] != nil {
        lives[order] = Life(change.after)
      } else if !lives.isEmpty {
        lives[order] = nil
      }
    }
  }

  /// Forgets all.
  mutating func removeAll() { lives = [:] }
}
