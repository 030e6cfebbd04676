internal import FlashSale
internal import HTTPServing
internal import Logging
internal import Metrics
internal import SaleStore
internal import Time
internal import Vitals

/// Takes to the store what the event loops have answered at the door, and how many orders they have accepted, every
/// `Limits.doorInterval`.
///
/// (1) A process that dies loses what it counted since the last time.
/// (2) While the store is away, counts are kept, up to `Limits.doorCounts` of the door's. Where it is not known whether
///     the store has taken some, they are left out: rather less is told than more than there was.
actor DoorBook {
  private let loops: Loops
  private let store: SaleStore
  private let catalog: CurrentCatalog
  private let logger: Logger
  private let lost = Counter(IntakeMetric.doorLost)
  private var waiting: [Key: Int64] = [:]
  /// By sale: one number for each sale of the catalog.
  private var accepted: [SaleNumber: Int64] = [:]
  private var isFailing = false

  private struct Key: Hashable {
    let sale: SaleNumber
    let from: Timestamp
    let answer: AnswerTally.Answer
  }

  init(loops: Loops, store: SaleStore, catalog: CurrentCatalog, logger: Logger) {
    self.loops = loops
    self.store = store
    self.catalog = catalog
    self.logger = logger
  }

  /// Writes until the task is cancelled.
  func run() async {
    while (try? await Task.sleep(for: Limits.doorInterval)) != nil { await write() }
  }

  /// Writes what was counted so far.
  func write() async {
    for counted in await loops.map({ $0.takeCounted() }) { collect(counted) }
    guard !waiting.isEmpty || !accepted.isEmpty else { return }
    let (taken, takenIn) = (waiting, accepted)
    (waiting, accepted) = ([:], [:])
    let counts = taken.map { key, requests in
      DoorCount(sale: key.sale, from: key.from, reason: "\(key.answer.name)", requests: requests)
    }
    switch await store.add(counts, accepted: takenIn) {
    case .added: isFailing = false
    case .refused(let error):
      complain(error)
      for (key, requests) in taken { wait(key, requests) }
      accepted.merge(takenIn, uniquingKeysWith: +)
    case .unknown(let error):
      complain(error)
      lose(taken.values.reduce(0, +))
    }
  }

  private func collect(_ counted: LoopState.Counted) {
    for (sale, count) in counted.accepted { accepted[sale, default: 0] += Int64(count) }
    let catalog = catalog.current
    for (key, count) in counted.door {
      // Only sales of the catalog are counted, and none leaves it.
      guard let sale = catalog.sale(numbered: key.sale) else { continue }
      let time = Timestamp(microseconds: key.tenth * DoorSlot.shortest)
      let from = DoorSlot.start(of: time, opening: sale.sale.startsAt)
      wait(Key(sale: key.sale, from: from, answer: key.answer), Int64(count))
    }
  }

  private func wait(_ key: Key, _ requests: Int64) {
    guard waiting[key] != nil || waiting.count < Limits.doorCounts else { return lose(requests) }
    waiting[key, default: 0] += requests
  }

  private func lose(_ requests: Int64) { lost.increment(by: requests) }

  /// Once each time that it begins.
  private func complain(_ error: any Error) {
    if !isFailing { logger.warning("counts of requests cannot be stored yet", metadata: ["error": "\(error)"]) }
    isFailing = true
  }
}
