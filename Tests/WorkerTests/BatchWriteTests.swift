import FlashSale
import Lane
import Postgres
import SaleStore
import TestSupport
import Testing

/// What one transaction of a lane writes, on a real PostgreSQL.
@Suite struct BatchWriteTests {
  @Test func `units run out exactly, in the order of the log (I1, I2, I5)`() async throws {
    try await LaneBench.with(stock: ["phone": 5]) { bench in
      let (lane, claim) = try await bench.claimedLane()
      let quantities: [Int32] = [2, 2, 2, 1, 1]
      let entries = try quantities.enumerated().map { index, quantity in
        try bench.place(Int64(index), buyer: "buyer-\(index)", quantity: quantity)
      }
      let written = try committed(await lane.write(bench.batch(claim, entries)))
      let outcomes: [Outcome] = [
        .confirmed, .confirmed, .rejected(.insufficientStock), .confirmed, .rejected(.soldOut),
      ]
      #expect(written.outcomes == outcomes)
      #expect(try await bench.left() == 0)
      #expect(try await bench.nextOffset() == 5)
      let stored = try await StoredRows(bench.database).orders()
      #expect(stored.map(\.outcome) == outcomes)
      #expect(stored.map(\.quantity.rawValue) == quantities)
      #expect(stored.map(\.position.offset.rawValue) == [0, 1, 2, 3, 4])
    }
  }

  @Test func `the same key is one order, in one batch and in the next (I8)`() async throws {
    try await LaneBench.with { bench in
      let (lane, claim) = try await bench.claimedLane()
      let first = try committed(
        await lane.write(bench.batch(claim, [bench.place(0, key: "k"), bench.place(1, key: "k")])))
      #expect(first.outcomes == [.confirmed] && first.repeats == 1)
      let again = try bench.batch(claim, [bench.place(2, key: "k")], memory: LaneMemory(levels: first.levels))
      guard case .conflict = await lane.write(again) else {
        Issue.record("an order was decided twice")
        return
      }
      let second = try await bench.write(again, on: lane)
      #expect(second.outcomes.isEmpty && second.repeats == 1)
      #expect(second.changed.isEmpty)
      #expect(try await bench.left() == 9)
      #expect(try await StoredRows(bench.database).tallies() == [bench.sale.number: .init(requests: 3, repeats: 2)])
    }
  }

  @Test func `a key used for two SKUs in two lanes is still one order (I8)`() async throws {
    try await LaneBench.with(stock: ["phone": 10, "case": 10]) { bench in
      let (first, claim) = try await bench.claimedLane(0)
      let (second, other) = try await bench.claimedLane(1)
      // The lane that comes second meets the other's row.
      async let one = bench.write(bench.batch(claim, [bench.place(0, "phone", key: "k")]), on: first)
      async let two = bench.write(bench.batch(other, [bench.place(0, "case", key: "k")]), on: second)
      let written = try await [one, two]
      #expect(written.reduce(0) { $0 + $1.repeats } == 1)
      #expect(written.flatMap(\.outcomes) == [.confirmed])
      #expect(try await StoredRows(bench.database).orders().count == 1)
    }
  }

  @Test func `an order that another lane decides between load and write is a conflict, then a repeat (I8)`()
    async throws
  {
    try await LaneBench.with { bench in
      let (lane, claim) = try await bench.claimedLane()
      let entry = try bench.place(0, key: "k")
      // Holds the id back until the lane waits for it: what another lane would do in that moment.
      let other = try await bench.database.connect()
      _ = try await other.query("CREATE TABLE early (LIKE orders)")
      _ = try committed(await lane.write(bench.batch(claim, [entry])))
      _ = try await other.query(
        "WITH gone AS (DELETE FROM orders RETURNING *) INSERT INTO early SELECT * FROM gone")
      _ = try await other.query(
        """
        CREATE FUNCTION decide_elsewhere() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO orders SELECT * FROM early; DELETE FROM early; RETURN NULL; END $$
        """)
      // Fires after the lane has decided, before it copies the orders.
      _ = try await other.query(
        """
        CREATE TRIGGER elsewhere BEFORE INSERT ON orders FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0)
        EXECUTE FUNCTION decide_elsewhere()
        """)
      let again = try bench.place(1, key: "k")
      guard case .conflict = await lane.write(bench.batch(claim, [again])) else {
        Issue.record("no conflict")
        return
      }
      #expect(try await bench.nextOffset() == 1)
      _ = try await other.query("DROP TRIGGER elsewhere ON orders")
      _ = try await other.query("INSERT INTO orders SELECT * FROM early")
      #expect(try await bench.write(bench.batch(claim, [again]), on: lane).repeats == 1)
    }
  }

  @Test func `a buyer never gets more than the limit, whatever the batches are (I9)`() async throws {
    try await LaneBench.with(stock: ["phone": 100, "case": 100], limit: 3) { bench in
      let (lane, claim) = try await bench.claimedLane()
      let first = try [
        bench.place(0, "phone", quantity: 2), bench.place(1, "case", quantity: 2), bench.place(2, "case", quantity: 1),
      ]
      let second = try [bench.place(3, "phone"), bench.place(4, "case", buyer: "bob", quantity: 3)]
      var found: [Outcome] = []
      for entries in [first, second] {
        found += try committed(await lane.write(bench.batch(claim, entries))).outcomes
      }
      let outcomes: [Outcome] = [
        .confirmed, .rejected(.limitReached), .confirmed, .rejected(.limitReached), .confirmed,
      ]
      #expect(found == outcomes)
    }
  }

  @Test func `a close ends selling at its place in the log`() async throws {
    try await LaneBench.with { bench in
      let (lane, claim) = try await bench.claimedLane()
      let close = LogEntry(offset: Offset(1), content: .record(.close(try bench.stockKey(), at: insideTheSale)))
      let written = try committed(
        await lane.write(bench.batch(claim, [bench.place(0), close, bench.place(2, buyer: "bob")])))
      #expect(written.outcomes == [.confirmed, .rejected(.closed)])
      // The close is the last that changed the level.
      #expect(written.levels.values.map(\.asOf) == [Offset(2)])
      #expect(try await bench.store.sale(bench.sale.sale.id)?.stock.values.first?.isClosed == true)
      #expect(try await StoredRows(bench.database).tallies() == [bench.sale.number: .init(requests: 2, repeats: 0)])
    }
  }

  @Test func `a level that someone else wrote is found out`() async throws {
    try await LaneBench.with { bench in
      let (lane, claim) = try await bench.claimedLane()
      let levels = try committed(await lane.write(bench.batch(claim, [bench.place(0)]))).levels
      let meddler = try await bench.database.connect()
      _ = try await meddler.query("UPDATE stock SET units_left = 3")
      let entry = try bench.place(1, buyer: "bob")
      guard case .conflict = await lane.write(bench.batch(claim, [entry], memory: LaneMemory(levels: levels))) else {
        Issue.record("wrote over it")
        return
      }
      #expect(try await bench.nextOffset() == 1)
      _ = try committed(await lane.write(bench.batch(claim, [entry])))
      #expect(try await bench.left() == 2)
    }
  }

  @Test func `what can't be decided is stored whole, and the rest is decided (I4)`() async throws {
    try await LaneBench.with { bench in
      let (lane, claim) = try await bench.claimedLane()
      let raw = RawRecord(key: Array("double11/phone#0".utf8), value: [0xFF, 0x00])
      let entries = try [
        LogEntry(offset: Offset(0), content: .unreadable(.malformed)), bench.place(1),
        bench.place(2, "no-such-sku", buyer: "bob"),
      ]
      let written = try committed(await lane.write(bench.batch(claim, entries, raw: raw)))
      #expect(written.outcomes == [.confirmed] && written.quarantined == [0, 2])
      let stored = try await StoredRows(bench.database).quarantined()
      #expect(stored.map(\.position.offset.rawValue) == [0, 2])
      #expect(stored.map(\.raw) == [raw, raw])
      #expect(stored.map(\.sale) == [bench.sale.number, bench.sale.number])
      #expect(stored[0].error == UnreadableRecord.malformed.description)
      #expect(stored[1].error.contains("no-such-sku"))
      #expect(stored[0].order == nil)
      #expect(stored[1].order != nil)
      #expect(try await StoredRows(bench.database).tallies() == [bench.sale.number: .init(requests: 3, repeats: 0)])
    }
  }

  @Test func `a record of no known sale is stored without one (I4)`() async throws {
    try await LaneBench.with { bench in
      let (lane, claim) = try await bench.claimedLane()
      let entry = LogEntry(offset: Offset(0), content: .unreadable(.tombstone))
      for (offset, key) in [nil, Array("nobody/knows#0".utf8), [0xFF]].enumerated() {
        let entry = LogEntry(offset: Offset(Int64(offset)), content: entry.content)
        _ = try committed(await lane.write(bench.batch(claim, [entry], raw: RawRecord(key: key, value: nil))))
      }
      let stored = try await StoredRows(bench.database).quarantined()
      #expect(stored.count == 3)
      #expect(stored.allSatisfy { $0.sale == nil && $0.raw.value == nil })
      #expect(try await StoredRows(bench.database).tallies().isEmpty)
    }
  }

  @Test func `a record that the database refuses poisons its batch, and nothing of it is written (I6)`() async throws {
    try await LaneBench.with { bench in
      let (lane, claim) = try await bench.claimedLane()
      try await StoredRows(bench.database).refuseOrders(of: "bob")
      let poison = try bench.place(1, buyer: "bob")
      guard case .poisoned(let error) = await lane.write(bench.batch(claim, [try bench.place(0), poison])) else {
        Issue.record("not poisoned")
        return
      }
      #expect(try await bench.left() == 10)
      #expect(try await bench.nextOffset() == 0)
      guard case .record(let record) = poison.content else { return }
      let quarantined = LogEntry(offset: Offset(1), content: .poisonous(record, error: error))
      let written = try committed(await lane.write(bench.batch(claim, [bench.place(0), quarantined])))
      #expect(written.outcomes == [.confirmed] && written.quarantined == [1])
      let stored = try #require(try await StoredRows(bench.database).quarantined().first)
      #expect(stored.error.contains("not this buyer"))
      #expect(stored.order != nil && stored.sale == bench.sale.number)
    }
  }
}
