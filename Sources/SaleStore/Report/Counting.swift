import FlashSale
import Postgres

// Statements that count all orders of a sale.

extension Transaction {
  /// Lets the statements that follow keep what they group in memory.
  borrowing func prepareForCounting() throws {
    _ = try query("SELECT set_config('work_mem', $1, true)", Limits.countingMemory)
  }

  /// The generations that orders of a sale are in. As a parameter, and not as a subquery, they let PostgreSQL count
  /// with several processes.
  borrowing func generations(of sale: SaleNumber) throws -> [Int32] {
    let rows = try query(
      "SELECT coalesce(max(cardinality(sizes)), 0) FROM sale_generations WHERE sale = $1", sale.rawValue)
    return Array(0...max(0, try rows.single().int32(0)))
  }
}
