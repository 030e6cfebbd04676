internal import FlashSale
internal import HTTPServing
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import SaleStore
public import ServiceLifecycle
internal import Time

/// Works on bulk jobs: looks for the orders of each, writes a command for each into the log, and ends it.
///
/// (1) A command is listed in the store before it is written, with the id that it is written with however often.
/// (2) The search and the list move on together, and only from where they were read.
/// (3) What is counted moves on with what it counts: no step, and no page, reads the whole list.
/// (4) Another process can take a job over after a crash: it goes on where the job stands. A lane does nothing twice.
public struct BulkRunner: Service {
  private let bulk: BulkDesk

  /// Of this process alone.
  private let process = Int64.random(in: 1...Int64.max)

  init(_ bulk: BulkDesk) { self.bulk = bulk }

  /// Looks for work once a second, and works while there is some. Ends on a graceful shutdown, between two steps.
  public func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        var didWork = false
        do {
          didWork = try await step()
        } catch is CancellationError {
          return
        } catch {
          bulk.desk.logger.warning(
            "a bulk job waits", metadata: ["error": "\(String(reflecting: error))"])
        }
        if !didWork { try? await Task.sleep(for: Limits.bulkLook) }
      }
    }
  }

  /// Counts what lanes have decided, and takes one step of the oldest job that nobody else works on.
  ///
  /// - Returns: whether there was anything of both.
  public func step() async throws -> Bool {
    let hasCounted = try await bulk.desk.store.countDecidedBulk(in: bulk.desk.topic)
    guard let job = try await bulk.desk.store.takeBulk(process) else { return hasCounted }
    let items = try await bulk.desk.store.unwrittenBulk(of: job.id)
    if !items.isEmpty {
      try await write(items, of: job)
    } else if !job.isSearched {
      try await search(job)
    } else {
      let ended = try await bulk.desk.store.endBulk(job.id, .done)
      if ended { bulk.desk.logger.notice("a bulk job is done", metadata: ["job": "\(job.id)"]) }
    }
    return true
  }

  /// The next page of its search.
  private func search(_ job: BulkJob) async throws {
    let store = bulk.desk.store
    let filter: OrderFilter
    do throws(Problem) {
      filter = try OrderQuery(URI("?\(job.search)").queryParameters).filter
    } catch {
      _ = try await store.endBulk(job.id, .failed, error: "its search cannot be read: \(error.detail ?? "")")
      return
    }
    let stored = try await bulk.desk.stored(job.sale)
    let page = try await bulk.page(of: stored, filter, job.asOf, after: job.place)
    let plan = try await bulk.plan(job.action, of: job.id, page.orders)
    var number = job.listed
    let items = plan.flatMap(\.items).map { item in
      defer { number += 1 }
      return BulkItem(
        number: number, order: item.order, sku: item.sku, command: item.command, payment: item.payment,
        minor: item.minor)
    }
    _ = try await store.addBulk(
      items, to: job, next: page.next, searched: page.orders.count, skipped: plan.count { $0.items.isEmpty })
  }

  private func write(_ items: [BulkItem], of job: BulkJob) async throws {
    let store = bulk.desk.store
    guard job.action != .resend else { return try await store.resendBulk(items, of: job.id) }
    let sale = try await bulk.desk.stored(job.sale).sale
    let commands = try Self.commands(items, of: job, in: sale)
    let positions = try await bulk.desk.hooks.writeCommands(commands)
    try await store.wroteBulk(items, at: positions, of: job.id)
  }

  /// The records of these items. A function of its own: Swift 6.3.1 cannot compile the loop within `write` for release.
  private static func commands(
    _ items: [BulkItem], of job: BulkJob, in sale: Sale
  ) throws -> [(command: LogRecord, key: RecordKey)] {
    let actor = try Actor(name: job.startedBy, reason: "bulk job \(job.id): \(job.because)".fitting)
    var commands: [(command: LogRecord, key: RecordKey)] = []
    for item in items {
      guard let action = job.action.command(item) else {
        throw StoreError.unreadable("bulk job \(job.id) has an item \(item.number) that is no command")
      }
      let command = try OrderCommand(
        order: item.order, stock: StockKey(sale: job.saleNumber, sku: item.sku), at: .now, action: action,
        id: item.command, by: actor)
      commands.append((command: .order(command), key: RecordKey(sale: sale, sku: item.sku)))
    }
    return commands
  }
}

extension String {
  /// As much of it as the reason of a command may have.
  fileprivate var fitting: String {
    var text = self
    while text.utf8.count > FlashSale.Limits.commandReasonBytes { text.unicodeScalars.removeLast() }
    return text
  }
}
