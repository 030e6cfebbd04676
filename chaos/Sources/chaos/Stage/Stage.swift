import FlashSale
import Foundation
import Kafka
import OrderLog
import Postgres
import Synchronization
import TestSupport

/// A Penstock of a row's own, with a crowd before it.
///
/// The safety phase is `underLoad`: faults happen in it. When its body returns, everything is healed, and the liveness
/// phase begins: every order accepted by then must be decided in time.
final class Stage: Sendable {
  /// What the topic is called on an embedded broker.
  static let topic = "orders"

  let shop: Shop
  /// What the topic is called here.
  let topic: String
  /// `nil`: the broker is an embedded one of the stage's own.
  let cluster: OutsideCluster?
  let database: TestDatabase
  let crowd: Crowd
  let postgres: PostgresServer
  let admin: URL
  let folder: String
  /// Fewer faults of a kind, for the rows that run with every change.
  let isQuick: Bool
  /// Of the topic.
  let partitions: Int
  private let dice: Mutex<Dice>
  private let injected = Mutex(0)
  private let violations = Mutex<[String]>([])
  private let notes = Mutex<[String]>([])
  private let keptBefore = Mutex<Set<String>?>(nil)
  private let recovery = Mutex<Duration?>(nil)
  private let brokerPort: Mutex<UInt16>
  private let members = Mutex<[Member]>([])
  private let laterBrokers = Mutex<[PenstockProcess]>([])
  private let watching = Mutex<PauseMeter?>(nil)
  /// How long partitions stood still on an outside cluster.
  let pauses: PauseBook

  /// - Parameter cluster: and the topic there; `nil`: the broker is the shop's own.
  init(
    shop: Shop, cluster: (OutsideCluster, topic: String)?, database: TestDatabase, postgres: PostgresServer,
    admin: URL, folder: String, isQuick: Bool, partitions: Int, goods: Goods, seed: UInt64, rate: Double
  ) throws {
    (self.shop, self.database, self.postgres, self.admin) = (shop, database, postgres, admin)
    (self.folder, self.isQuick, self.partitions) = (folder, isQuick, partitions)
    (self.cluster, topic) = (cluster?.0, cluster?.topic ?? Self.topic)
    pauses = try PauseBook(folder: folder)
    dice = Mutex(Dice(seed: seed))
    brokerPort = Mutex(try Self.port(of: shop.environment["PENSTOCK_KAFKA_BROKERS"] ?? ""))
    crowd = Crowd(
      journal: try Journal(folder: folder), goods: goods, seed: seed,
      rate: rate, pace: cluster == nil ? .patient : .steady)
  }

  static func port(of servers: String) throws -> UInt16 {
    guard let port = servers.split(separator: ":").last.flatMap({ UInt16($0) }) else {
      throw TestSetUpError("no port in “\(servers)”")
    }
    return port
  }

  // MARK: What a row found

  var timesInjected: Int { injected.withLock { $0 } }
  var timeToRecover: Duration? { recovery.withLock { $0 } }
  var found: [String] { violations.withLock { $0 } }
  var remarks: [String] { notes.withLock { $0 } }
  var everyMember: [Member] { members.withLock { $0 } }

  /// Watches the decisions of a stage on an outside cluster, while it is under load.
  var meter: PauseMeter? { watching.withLock { $0 } }

  /// From here on, orders accepted so far and later ones count apart: later ones wait for a person behind a halted
  /// partition, and that is not a loss.
  func halting() { keptBefore.withLock { $0 = Set(crowd.journal.current.accepted.keys) } }

  /// What had been accepted when the row halted a partition; `nil`: it did not.
  var acceptedBeforeHalt: Set<String>? { keptBefore.withLock { $0 } }

  /// Counts a fault.
  func inject(_ times: Int = 1) { injected.withLock { $0 += times } }

  /// Notes that the row does not hold.
  func violated(_ what: String) { violations.withLock { $0.append(what) } }

  /// Notes what belongs to the row's line.
  func remark(_ what: String) { notes.withLock { $0.append(what) } }

  /// Notes a violation unless the condition comes to hold in time.
  func expect(_ what: String, within deadline: Duration, _ condition: () async throws -> Bool) async throws {
    if try await !eventually(within: deadline, condition) { violated("\(what) did not happen within \(deadline)") }
  }

  /// Draws from the row's seed.
  func draw<Value: Sendable>(_ body: (inout Dice) -> Value) -> Value { dice.withLock { body(&$0) } }

  /// A pause between faults: drawn, so that they hit different moments.
  func pause(_ range: ClosedRange<Int>) async throws {
    try await Task.sleep(for: draw { $0.milliseconds(range) })
  }

  // MARK: Members

  /// Starts a part; an intake's door is open to the crowd at once.
  ///
  /// - Parameter lines: what it reaches through a line of its own, instead of directly.
  func start(
    _ command: String, lines: Set<FaultyLine.Speech> = [], environment more: [String: String] = [:],
    under wrapper: [String] = [], awaitsReadiness: Bool = true
  ) async throws -> Member {
    var environment = more
    var kafka: FaultyLine?
    var database: FaultyLine?
    if lines.contains(.kafka) {
      let line = try FaultyLine(to: brokerPort.withLock { $0 }, speech: .kafka)
      environment["PENSTOCK_KAFKA_BROKERS"] = "127.0.0.1:\(line.port)"
      kafka = line
    }
    if lines.contains(.postgres) {
      let (line, url) = try FaultyLine.toPostgres(at: self.database.url)
      environment["PENSTOCK_DATABASE_URL"] = url
      database = line
    }
    let part = try await shop.start(command, environment: environment, under: wrapper, awaitsReadiness: awaitsReadiness)
    let member = Member(
      command: command, part: part, kafka: kafka, postgres: database, environment: environment)
    members.withLock { $0.append(member) }
    if let door = member.door {
      try await seesTheSales(door)
      crowd.open(door)
    }
    return member
  }

  private func seesTheSales(_ door: UInt16) async throws {
    for sale in [Goods.open, Goods.limited] {
      guard let url = URL(string: "http://127.0.0.1:\(door)/v1/sales/\(sale)") else { continue }
      let isSeen = try await eventually { try await HTTP.get(url).status == 200 }
      guard isSeen else { throw TestSetUpError("the intake at \(door) does not know the sale \(sale)") }
    }
  }

  /// Where the broker listens; changes when a row takes another one.
  var broker: UInt16 {
    get { brokerPort.withLock { $0 } }
    set { brokerPort.withLock { $0 = newValue } }
  }

  /// Puts another broker in the place of the stage's, for these members as for everybody who starts later. It lives as
  /// long as the stage: the audit reads it.
  func change(to other: PenstockProcess, _ servers: String, of members: [Member]) throws {
    laterBrokers.withLock { $0.append(other) }
    broker = try Self.port(of: servers)
    for member in members { member.kafka?.turn(to: broker) }
    shop.broker?.send(signal: SIGKILL)
    inject()
    for member in members { member.kafka?.cut() }
  }

  /// Tells the stage's broker process to do something.
  func tellBroker(_ words: String) throws { try shop.broker?.write(line: words) }

  // MARK: The two phases

  /// The safety phase, and then the liveness phase.
  func underLoad(_ faults: () async throws -> Void) async throws {
    crowd.start()
    do {
      try await Task.sleep(for: Limits.loadBeforeFaults)
      if cluster == nil { try await faults() } else { try await metered(faults) }
    } catch {
      try? await crowd.stop()
      throw error
    }
    let healed = ContinuousClock.now
    let ends = try await ends()
    let isDone = try await eventually(within: Limits.recovery) { try await isDecided(upTo: ends) }
    recovery.withLock { $0 = .now - healed }
    if !isDone { violated("liveness: not decided \(Limits.recovery) after the last fault: \(try await lag())") }
    try await Task.sleep(for: Limits.loadAfterFaults)
    try await crowd.stop()
    try await drain()
  }

  /// Waits until the log is decided to its end.
  func drain() async throws {
    try await expect("lag 0", within: Limits.recovery) {
      let ends = try await ends()
      return try await isDecided(upTo: ends)
    }
  }

  /// Measures how long partitions stand still. A row that does not tell them apart by itself has all of them in one.
  private func metered(_ faults: () async throws -> Void) async throws {
    try await PauseMeter.watching(self) { meter in
      watching.withLock { $0 = meter }
      defer { watching.withLock { $0 = nil } }
      // Every partition has been seen by then.
      try await Task.sleep(for: Limits.loadBeforeFaults)
      let begin = ContinuousClock.now
      try await faults()
      guard pauses.standstills.isEmpty else { return }
      let window = begin..<ContinuousClock.now
      pauses.note(
        Standstill(
          name: "all", accepting: crowd.accepted.longest(in: window).values.map(\.length),
          deciding: meter.decided.longest(in: window).values.map(\.length)))
    }
  }

  /// Where the stage's log is.
  var log: ClusterSettings { cluster?.settings ?? ClusterSettings(brokers: "127.0.0.1:\(broker)") }

  /// Where each partition of the log ends. A leader that has just been elected does not say so before its followers
  /// have caught up.
  func ends() async throws -> [Partition: Offset] {
    let deadline = ContinuousClock.now + Limits.recovery
    while ContinuousClock.now < deadline {
      if let ends = try await knownEnds() { return ends }
      try await Task.sleep(for: .milliseconds(100))
    }
    throw TestSetUpError("no leader has said where the log ends for \(Limits.recovery)")
  }

  private func knownEnds() async throws -> [Partition: Offset]? {
    do {
      return try await OrderReader(cluster: log, topic: topic, logger: quietLogger).ends(of: Int32(partitions))
    } catch {
      if error.code == .leaderMoved { return nil }
      throw error
    }
  }

  /// The first undecided offset of each partition; empty while PostgreSQL is away.
  func progress() async throws -> [Partition: Offset] {
    guard let rows = try? await ask({ try await $0.query("SELECT partition, next_offset FROM partition_progress") })
    else { return [:] }
    return try Dictionary(uniqueKeysWithValues: rows.map { (Partition(try $0.int32(0)), Offset(try $0.int64(1))) })
  }

  /// Asks the database over a connection that lives as long as the question.
  ///
  /// - Parameter executor: the connection's thread.
  func ask<Answer: Sendable>(
    on executor: ConnectionExecutor = ConnectionExecutor(label: "a question"),
    _ body: (Connection) async throws -> Answer
  ) async throws -> Answer {
    let connection = try await Connection.connect(database.settings, on: executor, logger: quietLogger)
    do {
      let answer = try await body(connection)
      await connection.close()
      return answer
    } catch {
      await connection.close()
      throw error
    }
  }

  private func isDecided(upTo ends: [Partition: Offset]) async throws -> Bool {
    let progress = try await progress()
    return ends.allSatisfy { progress[$0.key, default: 0] >= $0.value }
  }

  private func lag() async throws -> String {
    let (ends, progress) = (try await ends(), try await progress())
    return ends.sorted { $0.key < $1.key }.filter { progress[$0.key, default: 0] < $0.value }
      .map { "\($0.key): \(progress[$0.key, default: 0]) of \($0.value)" }.joined(separator: ", ")
  }
}
