internal import Time

/// Remembers what it was told for a time, and then forgets it: in two halves of which the older one is dropped whole.
///
/// (1) An entry is there for `life` at least. The half that it stands in is the older one after one turn, and gone
///     after two; a turn comes when more than a `life` has passed since the one before.
struct FadingTable<Key: Hashable, Value> {
  private let life: Duration
  private var turnedAt: Timestamp
  private var recent: [Key: Value] = [:]
  private var earlier: [Key: Value] = [:]

  init(life: Duration, now: Timestamp) { (self.life, turnedAt) = (life, now) }

  subscript(key: Key) -> Value? { recent[key] ?? earlier[key] }

  mutating func insert(_ value: Value, for key: Key) { recent[key] = value }

  /// Forgets what is old enough.
  ///
  /// - Returns: whether anything is left.
  mutating func turn(now: Timestamp) -> Bool {
    if now.microseconds(since: turnedAt) > life.wholeMicroseconds {
      (earlier, recent, turnedAt) = (recent, [:], now)
    }
    return !recent.isEmpty || !earlier.isEmpty
  }

  /// Entries that are kept.
  var count: Int { recent.count + earlier.count }
}
