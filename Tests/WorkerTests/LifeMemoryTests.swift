import FlashSale
import Lane
import Postgres
import SaleStore
import TestSupport
import Testing

/// What a lane remembers of orders that are held, and what it writes of them, on a real PostgreSQL.
@Suite struct LifeMemoryTests {
  private static let rules = Result { try HoldRules(seconds: 60, extensions: 1, extensionSeconds: 60) }

  @Test(arguments: [1, 40, 41, 500])
  func `lives, payments and history have their rows, however many there are (I6)`(count: Int) async throws {
    try await LaneBench.with(stock: ["phone": 1_000], holds: Self.rules.get()) { bench in
      let (lane, claim) = try await bench.claimedLane()
      var memory = LaneMemory()
      let orders = try (0..<count).map { try bench.place(Int64($0), buyer: "buyer-\($0)") }
      memory.remember(try committed(await lane.write(bench.batch(claim, orders, memory: memory))))
      let commands = try orders.indices.map { index in
        let offset = Int64(count + index)
        return index % 3 == 0
          ? try bench.command(offset, about: orders[index], .expire, after: 61)
          : try bench.pay(offset, for: orders[index], "payment-\(index)")
      }
      let prepared = memory.prepare(commands[...])
      // Nothing has to be loaded for them, so they are decided while another batch is written.
      let foreseen = try #require(prepared.foreseen)
      let written = try committed(await lane.write(bench.batch(claim, prepared)))
      #expect(written.effects == foreseen.effects)

      let rows = try await bench.database.connect()
      let ended = (count + 2) / 3
      for (table, expected) in [
        ("SELECT count(*) FROM holds WHERE state = 7 AND due IS NULL AND as_of = log_offset + 1 + $1", ended),
        ("SELECT count(*) FROM holds WHERE state = 4 AND payment = 'payment-' || log_offset AND $1 > 0", count - ended),
        ("SELECT count(*) FROM payments WHERE captured = 199900 AND partition = 0 AND $1 > 0", count - ended),
        ("SELECT count(*) FROM history WHERE log_offset >= $1 AND sequence = 2 AND by_whom = 'shop'", count),
        ("SELECT count(*) FROM history WHERE action = 1 AND payment = 'payment-' || (log_offset - $1)", count - ended),
      ] as [(Statement, Int)] {
        #expect(try await rows.query(table, Int64(count)).single().int64(0) == Int64(expected), "\(table)")
      }
      await rows.close()
      for (index, order) in orders.enumerated() {
        let id = try #require(order.record?.request?.order)
        let history = try await bench.store.history(of: id)
        #expect(history.life?.state == (index % 3 == 0 ? .expired : .paid))
        #expect(history.entries.map(\.action) == [index % 3 == 0 ? .expire : .pay])
        if index > 10 { break }
      }
    }
  }

  @Test func `a payment that was told before is found by its row, and from then on by a look-up (I13)`() async throws {
    try await LaneBench.with(holds: Self.rules.get()) { bench in
      let (lane, claim) = try await bench.claimedLane()
      var memory = LaneMemory()
      let orders = try (0..<3).map { try bench.place(Int64($0), buyer: "buyer-\($0)") }
      memory.remember(try committed(await lane.write(bench.batch(claim, orders, memory: memory))))
      memory.remember(
        try committed(await lane.write(bench.batch(claim, [bench.pay(3, for: orders[0], "once")], memory: memory))))
      // The same payment for another order, which the lane remembers.
      let answer = await lane.write(try bench.batch(claim, [bench.pay(4, for: orders[1], "once")], memory: memory))
      guard case .conflict = answer else {
        Issue.record("one payment paid two orders: \(answer)")
        return
      }
      memory.forget(after: answer)
      for (offset, order, payment, result) in [
        (Int64(4), 1, "once", HistoryEntry.Result.repeated), (5, 2, "once", .repeated), (6, 1, "twice", .applied),
        (7, 1, "thrice", .alreadyPaid),
      ] {
        let batch = try bench.batch(claim, [bench.pay(offset, for: orders[order], payment)], memory: memory)
        let written = try committed(await lane.write(batch))
        #expect(written.effects.history.map(\.result) == [result], "offset \(offset)")
        memory.remember(written)
      }
    }
  }

  @Test func `a life that was not committed is not remembered (I6)`() async throws {
    try await LaneBench.with(holds: Self.rules.get()) { bench in
      let (lane, claim) = try await bench.claimedLane()
      var memory = LaneMemory()
      let order = try bench.place(0)
      memory.remember(try committed(await lane.write(bench.batch(claim, [order], memory: memory))))
      let end = try bench.command(1, about: order, .expire, after: 61)
      let prepared = memory.prepare([end][...])
      memory.remember(try #require(prepared.foreseen))
      memory.forget(after: .unavailable(TestSetUpError("not written")))
      // It is loaded, and ends once.
      #expect(memory.prepare([end][...]).foreseen == nil)
      let written = try committed(await lane.write(bench.batch(claim, [end], memory: memory)))
      #expect(written.effects.history.map(\.result) == [.applied])
      memory.remember(written)
      let again = try committed(
        await lane.write(bench.batch(claim, [bench.command(2, about: order, .expire, after: 62)], memory: memory)))
      #expect(again.effects.history.map(\.result) == [.notAllowed])
      #expect(try await bench.left() == 10)
    }
  }

  @Test func `a cancellation that the log has again is done once, in its batch and behind a new claim (I8)`()
    async throws
  {
    try await LaneBench.with(holds: Self.rules.get()) { bench in
      let id = CommandID(rawValue: 7)
      let (lane, claim) = try await bench.claimedLane()
      let order = try bench.place(0, quantity: 3)
      let batch = try [
        order, bench.command(1, about: order, .cancel(Units(1)), id: id),
        bench.command(2, about: order, .cancel(Units(1)), id: id),
        bench.command(3, about: order, .cancel(Units(2)), id: id),
      ]
      let written = try committed(await lane.write(bench.batch(claim, batch)))
      #expect(written.effects.history.map(\.result) == [.applied, .repeated, .anotherCommand])

      let (next, newClaim) = try await bench.claimedLane()
      let again = try [
        bench.command(4, about: order, .cancel(Units(2)), id: id), bench.command(5, about: order, .release, id: id),
        bench.command(6, about: order, .cancel(Units(1)), id: id),
      ]
      let decided = try committed(await next.write(bench.batch(newClaim, again)))
      #expect(decided.effects.history.map(\.result) == [.anotherCommand, .anotherCommand, .repeated])
      #expect(try await bench.left() == 8)
      let asked = try #require(order.record?.request)
      let known = try await bench.store.effect(of: id, on: asked.order)
      #expect(known?.position.offset == Offset(1) && known?.digest == OrderCommand.Action.cancel(Units(1)).digest)
    }
  }

  @Test func `a winner's order that the log has again in a large batch is met, and no record is called bad (I8)`()
    async throws
  {
    try await LaneBench.with(stock: ["phone": 10, "case": 1], holds: Self.rules.get()) { bench in
      let (lane, claim) = try await bench.claimedLane()
      _ = try committed(await lane.write(bench.batch(claim, [bench.place(0)])))
      // Hers is among few that win, and so many orders are copied.
      let others = try (2..<100).map { try bench.place(Int64($0), "case", buyer: "b\($0)") }
      let batch = try [bench.place(1, key: "key-0")] + others
      guard case .conflict = await lane.write(bench.batch(claim, batch)) else {
        return #expect(Bool(false), "the repeated order is not met")
      }
      #expect(try await bench.write(bench.batch(claim, batch), on: lane).repeats == 1)
      #expect(try await bench.left() == 9)
    }
  }

  @Test func `a restock that the log has again is done once, in its batch and behind a new claim (I8)`() async throws {
    try await LaneBench.with(holds: Self.rules.get()) { bench in
      let (first, second) = (CommandID(rawValue: 7), CommandID(rawValue: -8))
      let (lane, claim) = try await bench.claimedLane()
      var memory = LaneMemory()
      // Nothing has to be loaded for one without an id, once the stock is known.
      memory.remember(
        try committed(await lane.write(bench.batch(claim, [bench.restock(0, 1, id: nil)], memory: memory))))
      #expect(memory.prepare([try bench.restock(1, 1, id: nil)][...]).foreseen != nil)
      let twice = try [bench.restock(1, 5, id: first), bench.restock(2, 5, id: first), bench.restock(3, 6, id: first)]
      #expect(memory.prepare(twice[...]).foreseen == nil)
      let written = try committed(await lane.write(bench.batch(claim, twice, memory: memory)))
      #expect(written.effects.history.map(\.result) == [.applied, .repeated, .anotherCommand])
      memory.remember(written)
      // As many as are copied, and not inserted; the others' ids are the batch's alone.
      let many = try (0..<200).map { index in
        try bench.restock(4 + Int64(index), index < 2 ? 5 : 1, id: index < 2 ? [first, second][index] : nil)
      }
      let copied = try committed(await lane.write(bench.batch(claim, many, memory: memory)))
      #expect(copied.effects.history.prefix(3).map(\.result) == [.repeated, .applied, .applied])

      let (next, newClaim) = try await bench.claimedLane()
      let again = try [
        bench.restock(204, 5, id: second), bench.restock(205, 5, id: first), bench.restock(206, 9, id: first),
      ]
      let decided = try committed(await next.write(bench.batch(newClaim, again)))
      #expect(decided.effects.history.map(\.result) == [.repeated, .repeated, .anotherCommand])
      #expect(try await bench.left() == 10 + 1 + 5 + 5 + 198)
      let known = try await bench.store.effects(of: first, on: [bench.stockKey().sku], of: bench.sale.number)
      #expect(known.map(\.position.offset) == [Offset(1)] && known.map(\.units) == [5])
    }
  }
}
