import Audit
import Postgres

/// A way in which the database of the story can be wrong, and what an audit has to say about it.
struct Corruption: Sendable {
  /// What was done, for the test's message.
  let name: String
  let statement: Statement
  let kind: Violation.Kind

  /// Where; `nil`: it has no place in the log.
  let at: String?

  /// Part of the sentence.
  let words: String

  static let all: [Corruption] = orders + outcomes + rest

  private static let orders = [
    Corruption(
      name: "a refusal is gone", statement: "DELETE FROM orders WHERE log_offset = 7", kind: .lost, at: "0@7",
      words: "by the log it is sold_out"),
    Corruption(
      name: "a winner is gone", statement: "DELETE FROM orders WHERE log_offset = 6", kind: .lost, at: "0@6",
      words: "by the log it is confirmed"),
    Corruption(
      name: "an order that nobody asked for",
      statement: """
        INSERT INTO orders SELECT '00000001-0000-8000-8000-00000000abcd', 2, accepted_at, decided_at, sale, quantity,
          partition, 5, sku, 'mallory', generation FROM orders WHERE log_offset = 7
        """, kind: .unasked, at: "0@2", words: "the log has a request of order"),
    Corruption(
      name: "an order in the place of garbage", statement: "UPDATE orders SET log_offset = 9 WHERE log_offset = 7",
      kind: .doubled, at: "0@9", words: "its record is in quarantine too"),
    Corruption(
      name: "an order in a partition that the topic does not have",
      statement: "UPDATE orders SET partition = 5 WHERE log_offset = 7", kind: .unasked, at: "5@7",
      words: "the log has no request there"),
    Corruption(
      name: "two offsets are swapped",
      statement: "UPDATE orders SET log_offset = 15 - log_offset WHERE log_offset IN (7, 8)", kind: .late, at: "0@7",
      words: "was decided at 0@8"),
    Corruption(
      name: "decided at the repeat, not at the request",
      statement: "UPDATE orders SET log_offset = 2 WHERE log_offset = 0", kind: .late, at: "0@0",
      words: "was decided at 0@2"),
    Corruption(
      name: "another buyer's", statement: "UPDATE orders SET buyer = 'mallory' WHERE log_offset = 7", kind: .altered,
      at: "0@7", words: "differs from its request in buyer"),
    Corruption(
      name: "another quantity", statement: "UPDATE orders SET quantity = 2 WHERE log_offset = 7", kind: .altered,
      at: "0@7", words: "in quantity"),
    Corruption(
      name: "another SKU", statement: "UPDATE orders SET sku = 'case' WHERE log_offset = 7", kind: .altered,
      at: "0@7", words: "in sku"),
    Corruption(
      name: "another time", statement: "UPDATE orders SET accepted_at = accepted_at + interval '1 microsecond'",
      kind: .altered, at: "0@0", words: "in accepted_at"),
  ]

  private static let outcomes = [
    Corruption(
      name: "a winner is told sold out", statement: "UPDATE orders SET outcome = 5 WHERE log_offset = 4",
      kind: .undersold, at: "0@4", words: "stored as sold_out, and by the log it is confirmed"),
    Corruption(
      name: "a loser is told confirmed", statement: "UPDATE orders SET outcome = 0 WHERE log_offset = 7",
      kind: .oversold, at: "0@7", words: "stored as confirmed, and by the log it is sold_out"),
    Corruption(
      name: "more confirmed than put up", statement: "UPDATE orders SET outcome = 0 WHERE log_offset = 8",
      kind: .oversold, at: nil, words: "6 units were confirmed of 5 put up"),
    Corruption(
      name: "the last unit goes to the one behind",
      statement: "UPDATE orders SET outcome = 5 - outcome WHERE log_offset IN (6, 7)", kind: .order, at: "0@7",
      words: "which the earlier request at 0@6 was refused"),
    Corruption(
      name: "past the limit", statement: "UPDATE orders SET outcome = 0 WHERE log_offset = 3", kind: .limit,
      at: "0@3", words: "by the log it is limit_reached"),
    Corruption(
      name: "another reason", statement: "UPDATE orders SET outcome = 2 WHERE log_offset = 7", kind: .outcome,
      at: "0@7", words: "stored as ended, and by the log it is sold_out"),
    Corruption(
      name: "an outcome that does not exist", statement: "UPDATE orders SET outcome = 99 WHERE log_offset = 7",
      kind: .outcome, at: "0@7", words: "an outcome that does not exist"),
    Corruption(
      name: "confirmed after the close", statement: "UPDATE orders SET outcome = 0 WHERE log_offset = 12",
      kind: .outcome, at: "0@12", words: "by the log it is closed"),
  ]

  private static let rest = [
    Corruption(
      name: "a unit comes back", statement: "UPDATE stock SET units_left = 1 WHERE sku = 'phone'", kind: .stock,
      at: nil, words: "5 put up and 1 left, but the confirmed orders have 5"),
    Corruption(
      name: "a unit is missing", statement: "UPDATE stock SET units_left = 1 WHERE sku = 'case'", kind: .stock,
      at: nil, words: "3 put up and 1 left, but the confirmed orders have 1"),
    Corruption(
      name: "open again", statement: "UPDATE stock SET closed = false WHERE sku = 'case'", kind: .closed, at: nil,
      words: "double11/case is stored as open"),
    Corruption(
      name: "progress goes back", statement: "UPDATE partition_progress SET next_offset = 12", kind: .progress,
      at: "0@12", words: "the partition's progress is only at 12"),
    Corruption(
      name: "progress runs ahead", statement: "UPDATE partition_progress SET next_offset = 17", kind: .lost,
      at: "0@16", words: "the store has nothing of it"),
    Corruption(
      name: "quarantine past the progress",
      statement: "UPDATE quarantined_records SET log_offset = 16 WHERE log_offset = 9", kind: .progress, at: "0@16",
      words: "past their progress"),
    Corruption(
      name: "a request is counted twice", statement: "UPDATE tallies SET requests = requests + 1", kind: .tally,
      at: nil, words: "the lanes counted 16 requests with 1 repeats, the log has 15 with 1"),
    Corruption(
      name: "a repeat is not counted", statement: "UPDATE tallies SET repeats = 0", kind: .tally, at: nil,
      words: "with 0 repeats"),
    Corruption(
      name: "garbage is gone", statement: "DELETE FROM quarantined_records WHERE log_offset = 9", kind: .lost,
      at: "0@9", words: "it cannot be read"),
    Corruption(
      name: "a request for unknown stock is gone", statement: "DELETE FROM quarantined_records WHERE log_offset = 13",
      kind: .lost, at: "0@13", words: "the store has no stock of SKU"),
    Corruption(
      name: "other garbage", statement: "UPDATE quarantined_records SET record_value = 'x' WHERE log_offset = 9",
      kind: .quarantine, at: "0@9", words: "the bytes in quarantine are not the log's"),
    Corruption(
      name: "garbage of another sale's order",
      statement: "UPDATE quarantined_records SET order_id = '00000001-0000-8000-8000-00000000abcd'",
      kind: .quarantine, at: "0@9", words: "for another order"),
    Corruption(
      name: "an order is set aside as well",
      statement: """
        INSERT INTO quarantined_records (topic, partition, log_offset, record_value, error)
        SELECT topic, partition, 7, record_value, error FROM quarantined_records WHERE log_offset = 9
        """, kind: .doubled, at: "0@7", words: "and its record is in quarantine too"),
  ]
}
