internal import FlashSale

/// What a replay counted.
struct ReplayCounts: Sendable {
  /// Requests of a sale in a partition, as lanes count them.
  struct Tally: Sendable, Hashable {
    var requests: Int64 = 0
    var repeats: Int64 = 0
  }

  /// Records of the log that were compared.
  var records: Int64 = 0

  /// First decisions by outcome; the unknown ones under `nil`.
  var outcomes: [Outcome?: Int64] = [:]
  var repeats: Int64 = 0
  var closes: Int64 = 0

  /// Commands about orders and stock.
  var commands: Int64 = 0

  /// Rows that were compared beside those of first decisions.
  var lives: Int64 = 0
  var payments: Int64 = 0
  var history: Int64 = 0

  /// Lives whose lane cannot be decided from its first record on.
  var believedLives: Int64 = 0
  var quarantined: Int64 = 0

  /// Those of them that could have been decided: PostgreSQL refused their rows.
  var setAside: Int64 = 0

  /// Records without an outcome.
  var lost: Int64 = 0
  var lostOrders: Set<OrderID> = []
  var doubled: Int64 = 0

  /// Rows that no record asks for.
  var unasked: Int64 = 0

  /// Requests that were refused for lack of stock, while there was enough.
  var undersold: Int64 = 0

  /// Rows whose records are no longer in the log.
  var believed: Int64 = 0

  /// First decisions.
  var decided: Int64 { outcomes.values.reduce(0, +) }
}
