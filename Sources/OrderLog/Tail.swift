public import FlashSale

extension OrderReader {
  /// Counts the requests of a sale in the log's tail, from each partition's next offset to the end of its log: those
  /// that are accepted and not decided yet.
  ///
  /// Exact for the moment at which the end was asked for. It reads what is counted: bounded by the backlog limit.
  ///
  /// - Parameters:
  ///   - progress: each partition's next offset; a partition that is missing is counted from its beginning.
  ///   - partitions: how many the topic has, at least 1.
  /// - Throws: `KafkaError` when the log cannot be read, so that the caller reports *unknown*.
  public func requests(
    of sale: Sale, numbered number: SaleNumber, from progress: [Partition: Offset], partitions: Int32
  ) async throws -> Int64 {
    let used = Set(sale.items.map { RecordKey(sale: sale, sku: $0.sku).partition(of: partitions) })
    var count: Int64 = 0
    for partition in used.sorted() {
      let end = try await end(of: partition)
      let start = progress[partition] ?? Offset(0)
      guard start < end else { continue }
      try await read(start..<end, of: partition) { record in
        if record.asksForSomething(of: sale, numbered: number) { count += 1 }
      }
    }
    return count
  }
}

extension LentRecord {
  /// Whether it is a request of the sale, as the lanes' tallies count them: from its value, or from its key if that
  /// cannot be read.
  fileprivate func asksForSomething(of sale: Sale, numbered number: SaleNumber) -> Bool {
    do throws(UnreadableRecord) {
      switch try decoded() {
      case .place(let request): return request.stock.sale == number
      case .close, .order, .stock: return false
      }
    } catch {
      return saleInKey == sale.id
    }
  }
}
