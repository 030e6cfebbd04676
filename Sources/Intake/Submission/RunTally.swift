/// Counts by key. The same key again costs no look into the table: a crowd hears one answer, in one sale.
struct RunTally<Key: Hashable> {
  private var last: (key: Key, count: Int)?
  private var counts: [Key: Int] = [:]

  /// Counts one.
  mutating func count(_ key: Key) {
    if last?.key == key {
      last?.count += 1
      return
    }
    store()
    last = (key, 1)
  }

  private mutating func store() {
    guard let last else { return }
    counts[last.key, default: 0] += last.count
    self.last = nil
  }

  /// What was counted since the last time.
  mutating func take() -> [Key: Int] {
    store()
    defer { counts.removeAll(keepingCapacity: true) }
    return counts
  }
}
