internal import FlashSale
internal import Time

/// What one event loop has answered to requests for orders before they reached the log: by sale, answer and 100 ms.
///
/// The time is the loop's, renewed with each tick: a count is in its own 100 ms or the next.
struct DoorTally {
  struct Key: Hashable, Sendable {
    let sale: SaleNumber
    let answer: AnswerTally.Answer
    /// Of 100 ms, since 1970.
    let tenth: Int64
  }

  private var tenth = Self.tenth(of: .now)
  private var counts = RunTally<Key>()

  /// Counts one answer.
  mutating func count(_ answer: AnswerTally.Answer, of sale: SaleNumber) {
    counts.count(Key(sale: sale, answer: answer, tenth: tenth))
  }

  /// Renews the time.
  mutating func tick(_ now: Timestamp) { tenth = Self.tenth(of: now) }

  private static func tenth(of time: Timestamp) -> Int64 { time.microseconds / DoorSlot.shortest }

  /// What was counted since the last time.
  mutating func take() -> [Key: Int] { counts.take() }
}
