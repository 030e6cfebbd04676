/// What is known of stock levels that come from two sources, signals and readings of the store: the newest wins,
/// whatever arrives last.
///
/// (1) A level replaces one that is true as of an earlier offset, and no other.
/// (2) The store itself can go back: by a restored backup, a failover to a standby that lagged, or a partition that is
///     resumed at an earlier offset. It has gone back if a reading brings a level older than the one that was known
///     when the reading began. Such a level is believed, unless a signal has come meanwhile; then the next reading
///     tells.
public struct KnownLevels: Sendable {
  /// A reading of the store that has begun.
  public struct Reading: Sendable {
    fileprivate let known: [StockKey: StockLevel]
  }

  private var levels: [StockKey: StockLevel] = [:]

  /// Knows nothing.
  public init() {}

  /// The newest level of a stock; `nil` if none came.
  public subscript(key: StockKey) -> StockLevel? { levels[key] }

  /// Takes in a level that a signal brought.
  ///
  /// - Returns: whether it is the newest one.
  public mutating func heard(_ level: StockLevel, of key: StockKey) -> Bool {
    if let known = levels[key], known.asOf >= level.asOf { return known == level }
    levels[key] = level
    return true
  }

  /// Begins a reading. Called before the store is asked.
  public func reading() -> Reading { Reading(known: levels) }

  /// Takes in a level that a reading brought.
  ///
  /// - Returns: whether it is the newest one.
  public mutating func read(_ level: StockLevel, of key: StockKey, in reading: Reading) -> Bool {
    if let known = levels[key], known == reading.known[key], level.asOf <= known.asOf {
      levels[key] = level
      return true
    }
    return heard(level, of: key)
  }
}
