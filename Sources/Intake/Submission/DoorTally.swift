internal import FlashSale
internal import Time

/// What one event loop has answered to requests for orders before they reached the log: by sale, answer and 100 ms.
///
/// (1) The time is the loop's, renewed with each tick: a count is in its own 100 ms or the next.
/// (2) A crowd hears one answer for one sale, so that is counted without a look into the table.
struct DoorTally {
  struct Key: Hashable, Sendable {
    let sale: SaleNumber
    let answer: AnswerTally.Answer
    /// Of 100 ms, since 1970.
    let tenth: Int64
  }

  private var tenth = Self.tenth(of: .now)
  private var last: (key: Key, count: Int)?
  private var counts: [Key: Int] = [:]

  /// Counts one answer.
  mutating func count(_ answer: AnswerTally.Answer, of sale: SaleNumber) {
    if let key = last?.key, key.sale == sale, key.answer == answer, key.tenth == tenth {
      last?.count += 1
      return
    }
    store()
    last = (Key(sale: sale, answer: answer, tenth: tenth), 1)
  }

  private mutating func store() {
    guard let last else { return }
    counts[last.key, default: 0] += last.count
    self.last = nil
  }

  /// Renews the time.
  mutating func tick(_ now: Timestamp) { tenth = Self.tenth(of: now) }

  private static func tenth(of time: Timestamp) -> Int64 { time.microseconds / DoorSlot.shortest }

  /// What was counted since the last time.
  mutating func take() -> [Key: Int] {
    store()
    defer { counts.removeAll(keepingCapacity: true) }
    return counts
  }
}
