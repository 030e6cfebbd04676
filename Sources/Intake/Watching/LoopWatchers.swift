internal import FlashSale
internal import HTTPServing
internal import Logging
internal import Metrics
internal import NIOCore
internal import SaleStore
internal import Time
internal import Vitals

/// Those who watch their orders on one event loop: performs what `Watchers` decides. Touched on that loop only.
///
/// No task, timer or statement is for one watcher alone: the loop's clock ticks for all, one ring wakes them, and their
/// outcomes are read by the thousand.
final class LoopWatchers {
  let orders: OrderStatusRoute
  private let bell: WatchBell
  private let loop: any EventLoop
  private var watchers: Watchers
  /// By `WatcherID.index`.
  private var owners: [OrderConnection?] = []
  private let start = NIODeadline.now()
  private let refused = Counter(IntakeMetric.watchersRefused)
  /// From a lane's decision to here; if workers are on another machine, this compares two clocks.
  private let outcomeDelay = Timer(IntakeMetric.outcomeDelay)

  /// Writes what streams are told.
  var events = EventWriter()

  init(_ orders: OrderStatusRoute, bell: WatchBell, limit: Int, tuning: WatchTuning, on loop: any EventLoop) {
    self.orders = orders
    self.bell = bell
    self.loop = loop
    watchers = Watchers(limit: limit, tuning: tuning)
  }

  /// The pure part's time: since this was made.
  private var now: Duration { .nanoseconds((NIODeadline.now() - start).nanoseconds) }

  // MARK: Coming and going

  /// Lets one more watch; false at the limit. It hears by `OrderConnection.hear`, never during this call.
  ///
  /// - Parameters:
  ///   - wait: how long at most; `nil` for a stream.
  ///   - told: the watermark of the place that it hears first.
  func add(_ owner: OrderConnection, at position: LogPosition, wait: Duration?, told: Offset) -> WatcherID? {
    bell.join()
    let (now, watermark) = (now, orders.standing(of: position).watermark)
    let manner = wait.map { Watchers.Manner.poll(until: now + $0) } ?? .stream
    guard let id = watchers.add(manner, at: position, told: told, watermark: watermark, now: now) else {
      bell.leave()
      refused.increment()
      return nil
    }
    while owners.count <= id.index { owners.append(nil) }
    owners[id.index] = owner
    if position.offset < watermark { loop.assumeIsolated().execute { self.ask([id]) } }
    return id
  }

  /// It watches no more.
  func remove(_ id: WatcherID) {
    guard watchers.has(id) else { return }
    watchers.remove(id)
    release(id)
  }

  private func release(_ id: WatcherID) {
    owners[id.index] = nil
    bell.leave()
  }

  // MARK: What happens

  /// Watermarks moved.
  func wake() {
    bell.answered()
    ask(watchers.passed { self.orders.standings[Int($0.rawValue)].watermark })
  }

  /// Called with each tick of the loop.
  func tick() {
    guard watchers.count > 0 else { return }
    let events = watchers.tick(now) { partition in
      let standing = self.orders.standings[Int(partition.rawValue)]
      return (standing.watermark, standing.isHalted)
    }
    var asking: [WatcherID] = []
    for event in events {
      switch event {
      case .lookUp(let id): asking.append(id)
      case .place(let id, let watermark): owner(id)?.hear(.place(watermark))
      case .halted(let id): owner(id)?.hear(.halted)
      case .heartbeat(let id): owner(id)?.hear(.heartbeat)
      case .over(let id):
        // Before it is told, since it may begin to watch anew while it is.
        let owner = owners[id.index]
        release(id)
        owner?.hear(.over)
      }
    }
    ask(asking)
  }

  private func owner(_ id: WatcherID) -> OrderConnection? { watchers.has(id) ? owners[id.index] : nil }

  // MARK: Outcomes

  private func ask(_ ids: [WatcherID]) {
    var rest = ids.filter(watchers.has)[...]
    guard !rest.isEmpty else { return }
    guard !orders.health.isStoreAway else { return failed(Array(rest)) }
    while !rest.isEmpty {
      let part = Array(rest.prefix(Limits.lookupsPerStatement))
      rest = rest.dropFirst(part.count)
      let wanted = part.compactMap { owners[$0.index]?.watched }
      guard wanted.count == part.count else { continue }
      let asking = NIOLoopBound(self, eventLoop: loop)
      orders.lookup.find(wanted.map { OrderLookup.Wanted(order: $0.order, position: $0.position) }) { [loop] result in
        loop.execute { asking.value.found(result, part) }
      }
    }
  }

  private func found(_ result: Result<[OrderLookup.Finding], any Error>, _ ids: [WatcherID]) {
    switch result {
    case .success(let findings):
      let now = Timestamp.now
      for (id, finding) in zip(ids, findings) {
        guard let owner = owner(id) else { continue }
        if case .decided(let order) = finding {
          outcomeDelay.recordMicroseconds(max(0, now.microseconds(since: order.decidedAt)))
        }
        remove(id)
        owner.hear(.outcome(finding))
      }
    case .failure(let error):
      orders.logger.warning(
        "the outcomes of watched orders could not be looked up",
        metadata: ["orders": "\(ids.count)", "error": "\(error)"])
      failed(ids)
    }
  }

  /// The store could not say. They are asked for again; whose wait is over hears that.
  private func failed(_ ids: [WatcherID]) {
    for id in watchers.unanswered(ids, now: now) {
      let owner = owners[id.index]
      release(id)
      owner?.hear(.over)
    }
  }
}
