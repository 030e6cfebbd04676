import FlashSale
import Lane
import SaleStore
import TestSupport
import Testing
import Time

/// Few orders of a batch are written by INSERT and many by COPY: nothing but the time may tell which.
@Suite struct OrderRowsTests {
  @Test(arguments: [1, 40, 41, 1_000])
  func `every decision of a batch has its row, however many there are (I4, I6)`(count: Int) async throws {
    try await LaneBench.with(stock: ["phone": 100]) { bench in
      let (lane, claim) = try await bench.claimedLane()
      let entries = try (0..<count).map { index in
        try bench.place(
          Int64(index), buyer: "buyer-\(index)", quantity: Int32(1 + index % 3),
          at: Timestamp(microseconds: insideTheSale.microseconds + Int64(index)))
      }
      let written = try committed(await lane.write(bench.batch(claim, entries)))
      let expected = zip(entries, written.outcomes).map { entry, outcome -> StoredRows.Order? in
        guard let request = entry.record?.request else { return nil }
        return StoredRows.Order(
          position: LogPosition(partition: claim.partition, offset: entry.offset), order: request.order,
          stock: request.stock, buyer: request.buyer.rawValue, quantity: request.quantity, outcome: outcome,
          acceptedAt: request.acceptedAt)
      }
      #expect(try await StoredRows(bench.database).orders() == expected)
    }
  }

  @Test(arguments: [2, 1_000])
  func `one row that the database refuses leaves none of its batch (I6)`(count: Int) async throws {
    try await LaneBench.with { bench in
      let (lane, claim) = try await bench.claimedLane()
      try await StoredRows(bench.database).refuseOrders(of: "bob")
      let entries = try (0..<count).map { index in
        try bench.place(Int64(index), buyer: index == count / 2 ? "bob" : "buyer-\(index)")
      }
      guard case .poisoned = await lane.write(bench.batch(claim, entries)) else {
        Issue.record("not poisoned")
        return
      }
      #expect(try await StoredRows(bench.database).orders().isEmpty)
      #expect(try await bench.nextOffset() == 0)
    }
  }

  @Test(arguments: [1, 1_000])
  func `a fenced lane does not meet the orders of its successor (I7)`(count: Int) async throws {
    try await LaneBench.with(stock: ["phone": 10_000]) { bench in
      let (first, old) = try await bench.claimedLane()
      let levels = try committed(await first.write(bench.batch(old, [bench.place(0)]))).levels
      let (second, new) = try await bench.claimedLane()
      let entries = try (1...count).map { try bench.place(Int64($0), buyer: "buyer-\($0)") }
      _ = try committed(await second.write(bench.batch(new, entries)))

      // It remembers its stock, so fence and orders go out together.
      let zombie = try await LaneStore.connect(try bench.database.settings, logger: quietLogger)
      guard case .fenced = await zombie.write(bench.batch(old, entries, memory: LaneMemory(levels: levels))) else {
        Issue.record("not fenced")
        return
      }
      #expect(try await StoredRows(bench.database).orders().count == 1 + count)
    }
  }
}
