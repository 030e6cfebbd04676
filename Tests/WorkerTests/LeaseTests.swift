import FlashSale
import Kafka
import Lane
import Logging
import OrderLog
import Postgres
import SaleStore
import TestSupport
import Testing
import Time
import Worker

/// Workers that join, leave, and share partitions by leases.
@Suite struct LeaseTests {
  @Test func `two workers share the partitions, and one that leaves hands its part over (I4, I7, I10)`() async throws {
    try await LogBench.with { bench in
      let skus = (0..<12).map { "sku-\($0)" }
      let sale = try await bench.store.create(
        openSale("many", stock: Dictionary(uniqueKeysWithValues: skus.map { ($0, 100) }), ordering: .sku))
      func feed(_ wave: String) async throws {
        try await bench.feed(
          (0..<3_000).map { try bench.place(sale, skus[$0 % skus.count], buyer: "\(wave)-\($0 % 900)", key: "k-\($0)") }
        )
      }
      let first = try bench.startWorker("the first")
      try await feed("one")
      #expect(try await eventually { first.status.partitions.count == 4 })
      let second = try bench.startWorker("the second")
      // Records arrive while the partitions change hands.
      try await feed("two")
      #expect(
        try await eventually {
          first.status.partitions.count == 2 && second.status.partitions.count == 2
            && first.status.isReady && second.status.isReady
        }, "\(first.status) \(second.status)")
      #expect(Set(first.status.partitions.keys).isDisjoint(with: second.status.partitions.keys))
      try await feed("three")
      #expect(try await bench.drained())
      try await feed("four")
      #expect(await first.stop())
      #expect(try await bench.drained())
      #expect(try await eventually { second.status.partitions.count == 4 && second.status.isReady })
      try await bench.expectReplayed()
      let owners = try await bench.store.progress(topic: LogBench.topic).map(\.owner)
      #expect(owners == Array(repeating: "the second", count: 4))
    }
  }

  @Test func `a worker that is stopped in the middle finishes its batch, and the next one goes on there (I6)`()
    async throws
  {
    try await LogBench.with { bench in
      let sale = try await bench.store.create(openSale("double11", stock: ["phone": 12_000], ordering: .sku))
      try await bench.feed((0..<20_000).map { try bench.place(sale, "phone", buyer: "buyer-\($0)") })
      let first = try bench.startWorker("the first")
      #expect(try await eventually { try await !StoredRows(bench.database).orders().isEmpty })
      let began = ContinuousClock.now
      #expect(await first.stop())
      #expect(.now - began < .seconds(10))
      #expect(first.status.notTakingPart != nil)
      _ = try bench.startWorker("the second")
      #expect(try await bench.drained())
      try await bench.expectReplayed()
    }
  }

  @Test func `a batch that takes longer than the lease keeps its partition (I7)`() async throws {
    try await LogBench.with(partitions: 1) { bench in
      let sale = try await bench.store.create(openSale("double11", stock: ["phone": 50]))
      let workers = try ["one", "two"].map { try bench.startWorker($0, lease: .seconds(1)) }
      #expect(try await eventually { workers.allSatisfy(\.status.isReady) })
      try await bench.feed((0..<100).map { try bench.place(sale, "phone", buyer: "early-\($0)") })
      #expect(try await bench.drained())
      let before = try #require(try await bench.store.progress(topic: LogBench.topic).first)
      try await bench.database.holding("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE") {
        try await bench.feed((0..<100).map { try bench.place(sale, "phone", buyer: "late-\($0)") })
        try await Task.sleep(for: .seconds(3))
      }
      #expect(try await bench.drained())
      let after = try #require(try await bench.store.progress(topic: LogBench.topic).first)
      #expect(after.owner == before.owner)
      #expect(after.epoch == before.epoch)
      try await bench.expectReplayed()
    }
  }

  @Test func `a worker waits for a broker that is not there yet`() async throws {
    try await LogBench.with(partitions: 1) { bench in
      let sale = try await bench.store.create(openSale("double11", stock: ["phone": 5]))
      try await bench.feed((0..<10).map { try bench.place(sale, "phone", buyer: "buyer-\($0)") })
      try bench.broker.setDown(1)
      let worker = try bench.startWorker()
      #expect(!worker.status.isReady)
      try bench.broker.setUp(1)
      #expect(try await bench.drained())
      #expect(try await eventually { worker.status.isReady })
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `a worker that comes, gives a partition back or goes wakes the others, and those of no other topic`()
    async throws
  {
    try await LaneBench.with { bench in
      let settings = try bench.database.settings
      let feed = try LeaseFeed(topic: LaneBench.topic, settings: settings, logger: quietLogger)
      var signals = feed.signals.makeAsyncIterator()
      // It listens from here on.
      #expect(try await signals.next() == .changed)
      func worker(of topic: String) async throws -> LeaseStore {
        let seat = LeaseStore.Seat(
          id: WorkerID(rawValue: 7), topic: topic, name: "a test", lanesMax: 1, lease: .seconds(3))
        return try await LeaseStore.connect(
          settings, as: seat, on: StoreThread(label: "leases"), logger: quietLogger)
      }
      let stranger = try await worker(of: "another")
      try await stranger.join()
      try await stranger.leave()
      let (lane, claim) = try await bench.claimedLane()
      let one = try await worker(of: LaneBench.topic)
      // Each alone: without its notification the test would wait for ever.
      try await one.join()
      #expect(try await signals.next() == .changed)
      try await lane.tellReady(WorkerID(rawValue: 9), topic: "another", partition: Partition(0))
      try await lane.tellReady(WorkerID(rawValue: 9), topic: LaneBench.topic, partition: Partition(3))
      #expect(try await signals.next() == .ready(Partition(3), WorkerID(rawValue: 9)))
      try await lane.giveBack(claim)
      #expect(try await signals.next() == .changed)
      try await one.drain()
      #expect(try await signals.next() == .changed)
      #expect(try await bench.store.workers(topic: LaneBench.topic).map { $0.drainedAt != nil } == [true])
      try await one.leave()
      #expect(try await signals.next() == .changed)
      #expect(try await bench.store.workers(topic: LaneBench.topic).isEmpty)
      await feed.stop()
      for store in [stranger, one] { await store.close() }
    }
  }

  @Test func `two workers of one name are two, and both have their share`() async throws {
    try await LogBench.with { bench in
      let twins = [try bench.startWorker("a twin"), try bench.startWorker("a twin")]
      #expect(
        try await eventually { twins.allSatisfy { $0.status.partitions.count == 2 && $0.status.isReady } },
        "\(twins.map(\.status))")
      let workers = try await bench.store.workers(topic: LogBench.topic)
      #expect(workers.map(\.name) == ["a twin", "a twin"])
      #expect(Set(workers.map(\.id)).count == 2 && workers.map(\.partitions) == [2, 2])
    }
  }

  @Test func `a worker whose row was deleted writes it again and keeps its partitions`() async throws {
    try await LogBench.with { bench in
      let workers = [try bench.startWorker("one"), try bench.startWorker("two")]
      let isShared = { workers.allSatisfy { $0.status.partitions.count == 2 && $0.status.isReady } }
      #expect(try await eventually { isShared() }, "\(workers.map(\.status))")
      let before = try await bench.store.progress(topic: LogBench.topic).map { [$0.epoch.rawValue, $0.ownerID] }
      let connection = try await bench.database.connect()
      for _ in 0..<3 {
        _ = try await connection.query("DELETE FROM workers")
        #expect(try await eventually { try await bench.store.workers(topic: LogBench.topic).count == 2 })
      }
      #expect(try await eventually { isShared() }, "\(workers.map(\.status))")
      #expect(
        try await bench.store.progress(topic: LogBench.topic).map { [$0.epoch.rawValue, $0.ownerID] } == before)
    }
  }

  @Test func `an owner that never existed is succeeded`() async throws {
    try await LogBench.with(partitions: 1) { bench in
      let connection = try await bench.database.connect()
      _ = try await connection.query(
        """
        INSERT INTO partition_progress (topic, partition, epoch, owner_id, owner_name, owner_pid, owner_started)
        VALUES ($1, 0, 7, 4711, 'nobody', 99, now())
        """, LogBench.topic)
      let worker = try bench.startWorker()
      #expect(try await eventually { worker.status.isReady && worker.status.partitions.count == 1 })
      #expect(worker.status.partitions[Partition(0)]?.epoch == Epoch(rawValue: 8))
    }
  }

  @Test func `a worker takes no more than it has room for, and says what is left over`() async throws {
    try await LogBench.with(partitions: 1, recorded: 1_000) { bench in
      let worker = try bench.startWorker()
      #expect(
        try await eventually {
          worker.status.reasons.contains { $0.hasPrefix("no worker has room for 968 partitions") }
        }, "\(worker.status.reasons.prefix(3))")
      #expect(try await eventually { try await bench.store.progress(topic: LogBench.topic).count == 32 })
    }
  }

  @Test func `a drained worker is empty, and says so`() async throws {
    try await LogBench.with { bench in
      let (first, second) = (try bench.startWorker("one"), try bench.startWorker("two"))
      #expect(try await eventually { first.status.partitions.count == 2 && second.status.partitions.count == 2 })
      let id = try #require(try await bench.store.workers(topic: LogBench.topic).first { $0.name == "one" }?.id)
      #expect(try await bench.store.drain(id, of: LogBench.topic) == .draining)
      #expect(
        try await eventually {
          first.status.partitions.isEmpty && second.status.partitions.count == 4 && second.status.isReady
        })
      #expect(first.status.isReady)
      #expect(first.status.standing.contains("worker \(id) showed "), "\(first.status.standing)")
      #expect(first.status.standing.hasSuffix("it has no partition"), "\(first.status.standing)")
      let owned = try await bench.store.progress(topic: LogBench.topic).map { row in
        "\(row.partition) (epoch \(row.epoch), since \(try #require(row.claimedAt)))"
      }
      #expect(second.status.standing.hasSuffix("partition " + owned.joined(separator: ", ")))
    }
  }

  @Test func `a worker is not drained when the others have no room for its partitions`() async throws {
    try await LogBench.with(partitions: 1, recorded: 40) { bench in
      let (first, second) = (try bench.startWorker("one"), try bench.startWorker("two"))
      #expect(try await eventually { first.status.partitions.count == 20 && second.status.partitions.count == 20 })
      let id = try #require(try await bench.store.workers(topic: LogBench.topic).first?.id)
      #expect(try await bench.store.drain(id, of: LogBench.topic) == .noRoom(lanes: 32, partitions: 40))
      #expect(try await bench.store.workers(topic: LogBench.topic).allSatisfy { $0.drainedAt == nil })
      // On a busy machine a lease can lapse, and is taken anew.
      #expect(try await eventually { first.status.partitions.count == 20 && second.status.partitions.count == 20 })
    }
  }

  @Test func `a worker that is silent takes nobody's partitions, however open its session is`() async throws {
    try await LogBench.with { bench in
      let seat = LeaseStore.Seat(
        id: WorkerID(rawValue: 7), topic: LogBench.topic, name: "frozen", lanesMax: 32, lease: .milliseconds(100))
      let frozen = try await LeaseStore.connect(
        try bench.database.settings, as: seat, on: StoreThread(label: "leases"), logger: quietLogger)
      try await frozen.join()
      func workers() async throws -> [StoredWorker] { try await bench.store.workers(topic: LogBench.topic) }
      #expect(try await eventually { try await workers().map(\.isAlive) == [false] })
      // The database's clock was set back.
      let connection = try await bench.database.connect()
      _ = try await connection.query("UPDATE workers SET last_seen = clock_timestamp() + interval '1 hour'")
      await connection.close()
      #expect(try await workers().map(\.isAlive) == [false])
      let worker = try bench.startWorker("one")
      #expect(try await eventually { worker.status.partitions.count == 4 && worker.status.isReady })
      let id = try #require(try await workers().first { $0.name == "one" }?.id)
      #expect(try await bench.store.drain(id, of: LogBench.topic) == .last)
      #expect(worker.status.partitions.count == 4)
      // It thaws.
      let life = Task {
        while !Task.isCancelled {
          try await frozen.showLife()
          try? await Task.sleep(for: .milliseconds(10))
        }
      }
      #expect(try await eventually { try await bench.store.drain(id, of: LogBench.topic) == .draining })
      life.cancel()
      _ = await life.result
      await frozen.close()
    }
  }

  @Test func `a database that was restored from a backup decides again what it lost, and says so`() async throws {
    try await LogBench.with(partitions: 1) { bench in
      let sale = try await bench.store.create(openSale("double11", stock: ["phone": 500]))
      let first = try bench.startWorker("before")
      try await bench.feed((0..<100).map { try bench.place(sale, "phone", buyer: "early-\($0)") })
      #expect(try await bench.drained())
      #expect(await first.stop())
      let connection = try await bench.database.connect()
      // As it was before the first record.
      for statement: Statement in [
        "DELETE FROM orders", "DELETE FROM tallies", "UPDATE stock SET units_left = put_up, as_of = 0",
        "UPDATE partition_progress SET next_offset = 0, last_record = NULL",
      ] {
        _ = try await connection.query(statement)
      }
      let lines = LogLines()
      let second = try bench.startWorker("after", logger: lines.logger)
      #expect(try await bench.drained())
      try await bench.expectReplayed()
      await lines.wait(for: "the database is behind what was decided before")
      #expect(try await eventually { second.status.isReady })
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `a healthy database is not taken for a restored one, however late the log tells what was told before`()
    async throws
  {
    try await LogBench.with(partitions: 8) { bench in
      let skus = (0..<24).map { "sku-\($0)" }
      let sale = try await bench.store.create(
        openSale("many", stock: Dictionary(uniqueKeysWithValues: skus.map { ($0, 100) }), ordering: .sku))
      let port = try #require(bench.broker.bootstrapServers.split(separator: ":").last.flatMap { UInt16($0) })
      let line = try FaultyLine(to: port, speech: .kafka)
      // The partitions are asked for one after another: the last ones long after the first commits were told.
      line.slow(.toClient, by: .milliseconds(300))
      let lines = LogLines()
      let worker = try bench.startWorker(on: ClusterSettings(brokers: "127.0.0.1:\(line.port)"), logger: lines.logger)
      try await bench.feed((0..<480).map { try bench.place(sale, skus[$0 % skus.count], buyer: "buyer-\($0)") })
      #expect(try await bench.drained())
      let tools = try OrderConsumer(
        cluster: bench.cluster, topic: LogBench.topic, group: "workers", tuning: ConsumerTuning(), logger: quietLogger)
      for row in try await bench.store.progress(topic: LogBench.topic) where row.nextOffset > Offset(0) {
        #expect(
          try await eventually(within: .seconds(30)) {
            try await tools.committedForLagTools(of: row.partition, timeout: .seconds(5)) == row.nextOffset
          }, "\(row.partition)")
      }
      await tools.close(deadline: .seconds(5))
      #expect(await worker.stop())
      lines.logger.info("that is all")
      #expect(await !lines.all(until: "that is all").contains { $0.contains("the database is behind") })
    }
  }

  @Test func `what lanes committed is broadcast`() async throws {
    try await LogBench.with(partitions: 1) { bench in
      let sale = try await bench.store.create(openSale("double11", stock: ["phone": 5]))
      let listener = try Listener(try bench.database.settings, channels: [Signal.channel], logger: quietLogger)
      var events = listener.events.makeAsyncIterator()
      #expect(await events.next() == .connected)
      try await bench.feed((0..<10).map { try bench.place(sale, "phone", buyer: "buyer-\($0)") })
      _ = try bench.startWorker()
      let key = StockKey(sale: sale.number, sku: try SKU(validating: "phone"))
      var progress: Offset?
      var level: StockLevel?
      var committed: [Timestamp] = []
      while progress != Offset(10) || level != StockLevel(left: .zero, isClosed: false, asOf: Offset(5)) {
        guard let event = await events.next() else { break }
        guard case .notification(channel: _, let payload) = event,
          let signal = Signal(payload: payload, topic: LogBench.topic)
        else { continue }
        progress = signal.progress[Partition(0)] ?? progress
        level = signal.stock[key] ?? level
        committed.append(try #require(signal.committedAt))
      }
      #expect(progress == Offset(10))
      #expect(committed == committed.sorted())
      let decided = try await bench.database.connect().query(
        "SELECT (extract(epoch FROM max(decided_at)) * 1000000)::int8 FROM orders"
      ).single().int64(0)
      #expect(try #require(committed.last) >= Timestamp(microseconds: decided))
      await listener.stop()
    }
  }
}
