internal import FlashSale

/// Those who listen to their orders' events at one intake: the real `Watchers`, and what a connection knows of one.
struct SimulatedWatchers {
  private(set) var watchers: Watchers
  /// The order that each listens to.
  var orders: [WatcherID: (order: OrderID, place: LogPosition)] = [:]
  /// The watermark of the place that each was told last.
  var told: [WatcherID: Offset] = [:]
  /// Watermarks as this intake knows them.
  var watermarks: [Offset]

  init(partitions: Int32, bug: PlantedBug?) {
    var tuning = WatchTuning()
    tuning.placeInterval = .microseconds(Limits.watcherLook)
    tuning.heartbeat = .microseconds(4 * Limits.watcherLook)
    tuning.askAgain = bug == .watcherForgotten ? .seconds(1_000_000) : .microseconds(Limits.watcherLook)
    watchers = Watchers(limit: Limits.watchers, tuning: tuning)
    watermarks = Array(repeating: Offset(0), count: Int(partitions))
  }

  func watermark(of partition: Partition) -> Offset { watermarks[Int(partition.rawValue)] }

  mutating func add(_ order: OrderID, at place: LogPosition, now: Duration) {
    let watermark = watermark(of: place.partition)
    guard let id = watchers.add(.stream, at: place, told: watermark, watermark: watermark, now: now) else { return }
    (orders[id], told[id]) = ((order, place), watermark)
  }

  mutating func remove(_ id: WatcherID) {
    watchers.remove(id)
    (orders[id], told[id]) = (nil, nil)
  }

  mutating func passed() -> [WatcherID] { watchers.passed { watermarks[Int($0.rawValue)] } }

  mutating func unanswered(_ ids: [WatcherID], now: Duration) { _ = watchers.unanswered(ids, now: now) }

  mutating func tick(_ now: Duration) -> [Watchers.Event] {
    watchers.tick(now) { (watermarks[Int($0.rawValue)], false) }
  }
}

extension World {
  private var time: Duration { .microseconds(scheduler.now) }

  /// Whoever got a ticket listens to its order's events, at the intake that gave it.
  mutating func watch(_ order: OrderID, at place: LogPosition, intake: Int) {
    guard intakes[intake].isRunning else { return }
    intakes[intake].watching.add(order, at: place, now: time)
    // One whose order was decided already is asked for at once.
    if intakes[intake].watching.watermark(of: place.partition) > place.offset {
      let ids = intakes[intake].watching.orders.filter { $0.value.place == place }.keys.sorted { $0.index < $1.index }
      tellOutcomes(ids, at: intake)
    }
  }

  /// The intake has heard how far each partition came.
  mutating func watermarksMoved(at intake: Int) {
    guard intakes[intake].isRunning else { return }
    for (partition, progress) in store.progress.enumerated() {
      intakes[intake].watching.watermarks[partition] = max(
        intakes[intake].watching.watermarks[partition], progress.next)
    }
    tellOutcomes(intakes[intake].watching.passed(), at: intake)
    var asking: [WatcherID] = []
    for event in intakes[intake].watching.tick(time) {
      switch event {
      case .lookUp(let id):
        met(.watcherAskedAgain)
        asking.append(id)
      case .place(let id, let watermark): tellPlace(id, from: watermark, at: intake)
      case .heartbeat, .halted, .over: break
      }
    }
    tellOutcomes(asking, at: intake)
  }

  /// A place never grows, and nobody behind the watermark is told one.
  private mutating func tellPlace(_ id: WatcherID, from watermark: Offset, at intake: Int) {
    met(.watcherPlaced)
    guard let (order, place) = intakes[intake].watching.orders[id],
      let before = intakes[intake].watching.told.updateValue(watermark, forKey: id)
    else { return violate("watchers", "somebody who has left is told a place") }
    guard before <= watermark, watermark <= place.offset else {
      return violate("watchers", "order \(order) at \(place) is told its place from \(watermark), after \(before)")
    }
  }

  /// I4: who is asked for behind the watermark has an outcome, and hears it once.
  private mutating func tellOutcomes(_ ids: [WatcherID], at intake: Int) {
    guard !ids.isEmpty else { return }
    guard store.isReachable else {
      met(.watcherAskedInVain)
      return intakes[intake].watching.unanswered(ids, now: time)
    }
    for id in ids {
      guard let (order, place) = intakes[intake].watching.orders[id] else {
        return violate("watchers", "somebody who has left is asked for")
      }
      guard store.quarantined.contains(place) || store.has(order) else {
        return violate("I4", "order \(order) at \(place) is behind the watermark and has no outcome")
      }
      met(.watcherTold)
      intakes[intake].watching.remove(id)
    }
  }

  /// When nothing is left to happen, nobody waits any more.
  mutating func checkWatchers() {
    for intake in intakes.indices where intakes[intake].isRunning {
      watermarksMoved(at: intake)
      tellOutcomes(
        intakes[intake].watching.tick(time + .seconds(60)).compactMap { event in
          if case .lookUp(let id) = event { id } else { nil }
        }, at: intake)
      let left = intakes[intake].watching.watchers.count
      if left > 0 { violate("liveness", "\(left) of those who watch at intake \(intake) never hear their outcome") }
    }
  }
}
