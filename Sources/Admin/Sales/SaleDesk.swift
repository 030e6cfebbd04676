internal import FlashSale
internal import FoundationEssentials
internal import HTTPServing
internal import Hummingbird
internal import Logging
internal import Metrics
internal import SaleStore

/// What the admin API and the pages do with sales. Throws `Problem` for what the caller is told.
struct SaleDesk: Sendable {
  let store: SaleStore
  let hooks: AdminHooks
  let metrics: PrometheusRegistry
  let topic: String
  let logger: Logger

  func create(_ sale: Sale) async throws -> AdminSale {
    let stored: StoredSale
    do {
      stored = try await asking("create") { try await store.create(sale) }
    } catch StoreError.saleExists {
      throw Problem.saleExists(sale.id)
    }
    logger.info("sale created", metadata: ["sale": "\(sale.id)", "number": "\(stored.number)"])
    return AdminSale(stored, at: .now)
  }

  func sales() async throws -> [AdminSale] {
    try await asking("list") { try await store.sales() }.map { AdminSale($0, at: .now) }
  }

  func sale(_ id: SaleID) async throws -> AdminSale { AdminSale(try await stored(id), at: .now) }

  /// Throws a 404 if there is none.
  func stored(_ id: SaleID) async throws -> StoredSale {
    guard let stored = try await asking("show", { try await store.sale(id) }) else { throw Problem.saleNotFound(id) }
    return stored
  }

  /// Ends selling: through the log, because whatever changes stock goes through it, and then on the sale, so that
  /// intakes turn requests away. Done again it does the same again, which changes nothing; so it also finishes one that
  /// stopped half way.
  func close(_ id: SaleID) async throws -> AdminSale {
    let stored = try await stored(id)
    do {
      try await hooks.publishClose(stored)
    } catch {
      logger.error(
        "the close records of a sale were not all written",
        metadata: ["sale": "\(id)", "error": "\(String(reflecting: error))"])
      throw Problem.logUnreachable
    }
    let closed = try await asking("close") { try await store.markClosed(id) }
    guard let closed else { throw Problem.saleNotFound(id) }
    logger.info("sale closed", metadata: ["sale": "\(id)"])
    return AdminSale(closed, at: .now)
  }

  func report(on id: SaleID) async throws -> SaleReport { try await report(on: stored(id)) }

  private func report(on stored: StoredSale) async throws -> SaleReport {
    try await asking("report") {
      try await store.report(on: stored, topic: topic) { sale, progress in
        do {
          return try await hooks.countTail(sale, progress)
        } catch {
          logger.warning("the log's tail could not be read", metadata: ["error": "\(String(reflecting: error))"])
          throw error
        }
      }
    }
  }

  /// All orders of a sale, read while they are sent.
  func orders(of id: SaleID, as form: OrderExport) async throws -> ResponseBody {
    let exported = Counter(label: "penstock_admin_exported_orders_total", factory: metrics)
    return form.body(store.orderPages(of: try await stored(id).number), exported: exported)
  }

  /// How far each partition came, behind the end of its log where that can be asked.
  func partitions() async throws -> PartitionList {
    let progress = try await asking("progress") { try await store.progress(topic: topic) }
    do {
      return PartitionList(topic: topic, progress: progress, ends: try await hooks.logEnds())
    } catch {
      logger.warning("the log's ends could not be asked", metadata: ["error": "\(String(reflecting: error))"])
      return PartitionList(topic: topic, progress: progress, ends: nil)
    }
  }

  func salesPage() async throws -> HTML {
    SalesPage.html(try await asking("list") { try await store.sales() }, at: .now)
  }

  func salePage(_ id: SaleID) async throws -> HTML {
    let stored = try await stored(id)
    return ReportPage.html(try await report(on: stored), partitions: try await partitions())
  }

  /// Runs a call of the store. What it answers (`StoreError`) goes on; a failure of the database is logged whole and
  /// told as a 503.
  private func asking<Answer: Sendable>(_ what: String, _ call: () async throws -> Answer) async throws -> Answer {
    do {
      return try await call()
    } catch let error as StoreError {
      throw error
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      logger.error("the store failed", metadata: ["call": "\(what)", "error": "\(String(reflecting: error))"])
      throw Problem.storeUnavailable
    }
  }
}

extension Timestamp {
  /// This machine's clock. Shown to people only; no decision looks at it.
  static var now: Timestamp { Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1e6)) }
}
