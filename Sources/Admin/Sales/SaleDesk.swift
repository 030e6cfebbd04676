internal import FlashSale
internal import FoundationEssentials
internal import HTTPServing
internal import Hummingbird
internal import Logging
internal import Metrics
internal import SaleStore
internal import Time
internal import Vitals

/// What the admin API and the pages do with sales. Throws `Problem` for what the caller is told.
struct SaleDesk: Sendable {
  let store: SaleStore
  let hooks: AdminHooks
  let metrics: any MetricsFactory
  let topic: String
  let logger: Logger

  /// What previews of bulk jobs have counted.
  let previews = KeptPreviews()

  func create(_ sale: Sale) async throws -> AdminSale {
    // A copy comes from a form, with the room of another sale.
    if let refusal = sale.shaping.room?.refusal(startsAt: sale.startsAt, endsAt: sale.endsAt) {
      throw Problem.body(refusal)
    }
    do throws(ValidationError) { try sale.checkNew() } catch {
      throw Problem.body(.invalidField(error.field, error.reason))
    }
    let stored: StoredSale
    do {
      stored = try await asking("create", changes: "the sale may be created, now or later") { [store, logger] in
        let stored = try await store.create(sale)
        logger.info("sale created", metadata: ["sale": "\(sale.id)", "number": "\(stored.number)"])
        return stored
      }
    } catch StoreError.saleExists {
      throw Problem.saleExists(sale.id)
    }
    return AdminSale(stored, at: .now)
  }

  func sales() async throws -> [AdminSale] {
    try await allSales().map { AdminSale($0, at: .now) }
  }

  func sale(_ id: SaleID) async throws -> AdminSale { AdminSale(try await stored(id), at: .now) }

  /// Throws a 404 if there is none.
  func stored(_ id: SaleID) async throws -> StoredSale {
    let stored = try await asking("show") { [store] in try await store.sale(id) }
    guard let stored else { throw Problem.saleNotFound(id) }
    return stored
  }

  func report(on id: SaleID, asOf vector: OffsetVector? = nil) async throws -> SaleReport {
    try await report(on: stored(id), asOf: vector)
  }

  /// - Parameters:
  ///   - countsAnew: whether all rows are read; otherwise what was counted before counts for as long as it is still so.
  ///   - vector: an earlier one; `nil`: as of now. Throws a 400 for one that the lanes have not reached.
  func report(
    on stored: StoredSale, countsAnew: Bool = true, asOf vector: OffsetVector? = nil
  ) async throws -> SaleReport {
    if let vector {
      let asOf = try await reached(vector)
      return try await asking("report", atMost: Limits.reportPatience) { [store, topic] in
        try await store.report(on: stored, topic: topic, countsAnew: countsAnew, asOf: asOf)
      }
    }
    return try await asking("report", atMost: Limits.reportPatience) { [store, topic, hooks, logger] in
      try await store.report(on: stored, topic: topic, countsAnew: countsAnew) { sale, progress in
        do {
          return try await hooks.countTail(sale, progress)
        } catch {
          logger.warning("the log's tail could not be read", metadata: ["error": "\(String(reflecting: error))"])
          throw error
        }
      }
    }
  }

  /// Each partition's progress, and the end of its log if that is known.
  func partitions() async throws -> PartitionList {
    let progress = try await asking("progress") { [store, topic] in try await store.progress(topic: topic) }
    let workers = try await asking("workers") { [store, topic] in try await store.workers(topic: topic) }
    var ends: [Partition: Offset]?
    do {
      ends = try await hooks.logEnds()
    } catch {
      logger.warning("the log's ends could not be asked", metadata: ["error": "\(String(reflecting: error))"])
    }
    return PartitionList(topic: topic, progress: progress, workers: workers, ends: ends)
  }

  /// Has a worker give its partitions to the others.
  func drain(_ worker: Int64) async throws -> PartitionList {
    let effect = "the worker may give its partitions to the others, now or later"
    let answer = try await asking("drain", changes: effect) { [store, topic, logger] in
      let answer = try await store.drain(worker, of: topic)
      if answer == .draining { logger.notice("a worker is to be empty", metadata: ["worker": "\(worker)"]) }
      return answer
    }
    switch answer {
    case .draining: return try await partitions()
    case .unknown: throw Problem.workerNotFound(worker)
    case .last: throw Problem.workerIsLast(worker)
    case .noRoom(let lanes, let partitions): throw Problem.lanesFull(worker, lanes: lanes, partitions: partitions)
    }
  }

  /// The request as it is about the halt that its sender can know: of another one, nobody has looked at the cause.
  func meant(_ request: ResumeRequest, of partition: Partition) async throws -> ResumeRequest {
    guard request.haltedAt == nil else { return request }
    var request = request
    // The log is not asked: it may be what halted the partition.
    let progress = try await asking("progress") { [store, topic] in try await store.progress(topic: topic) }
    request.haltedAt = progress.first { $0.partition == partition }?.haltedAt
    return request
  }

  /// Lets a halted partition go on, and tells how it stands then.
  func resume(_ partition: Partition, _ request: ResumeRequest) async throws -> PartitionList {
    let effect = "the partition may go on, now or later"
    let answer = try await asking("resume", changes: effect) { [store, topic, logger] in
      let answer = try await store.resume(partition, of: topic, request)
      if answer == .resumed {
        logger.notice(
          "a halted partition goes on",
          metadata: [
            "partition": "\(partition)", "at": "\(request.offset.map { "\($0)" } ?? "where it stopped")",
            "because": "\(request.because)",
          ])
      }
      return answer
    }
    switch answer {
    case .resumed: return try await partitions().only(partition)
    case .unknown: throw Problem.partitionNotFound(partition)
    case .notHalted: throw Problem.partitionNotHalted(partition)
    case .haltedAgain: throw Problem.partitionHaltedAgain(partition)
    case .decided(let last): throw Problem.offsetDecided(partition, upTo: last)
    }
  }

  /// The newest sales that fit, as they stand at `time`, and whether there are more. Reads page by page, and keeps none
  /// that does not fit.
  func sales(_ filter: SalesPage.Filter, at time: Timestamp) async throws -> (sales: [StoredSale], hasMore: Bool) {
    var found: [StoredSale] = []
    var before = filter.before.map { SaleNumber(rawValue: $0) }
    while found.count <= Limits.listedSales {
      let page = try await asking("list") { [store, before] in
        try await store.sales(before: before, limit: Limits.listedSales + 1)
      }
      found += page.filter { filter.fits($0, at: time) }
      before = page.last?.number
      guard page.count > Limits.listedSales else { break }
    }
    return (Array(found.prefix(Limits.listedSales)), found.count > Limits.listedSales)
  }

  /// The newest first.
  func allSales() async throws -> [StoredSale] { try await asking("list") { [store] in try await store.sales() } }

  /// Runs a call of the store. What it answers (`StoreError`) goes on; a failure of the database is logged whole and
  /// told as a 503. A call that takes too long goes on by itself, and its caller is told what is known.
  ///
  /// - Parameter changes: what the call may bring about although no success was seen; `nil` if it only reads.
  func asking<Answer: Sendable>(
    _ what: String, changes: String? = nil, atMost patience: Duration = Limits.callPatience,
    _ call: @escaping @Sendable () async throws -> Answer
  ) async throws -> Answer {
    let answer: Answer?
    do {
      answer = try await Patience.value(atMost: patience, of: call)
    } catch let error as StoreError {
      throw error
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      logger.warning("the store failed", metadata: ["call": "\(what)", "error": "\(String(reflecting: error))"])
      if let changes, SaleStore.mayHaveTakenEffect(error) { throw Problem.outcomeUnknown(changes) }
      throw Problem.storeUnavailable
    }
    if let answer { return answer }
    logger.warning("the store did not answer in time", metadata: ["call": "\(what)", "patience": "\(patience)"])
    throw changes.map(Problem.outcomeUnknown) ?? Problem.storeUnavailable
  }
}
