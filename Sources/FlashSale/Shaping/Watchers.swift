/// Decides whom one event loop of an intake tells what of those who watch their orders, and when. Performs nothing
/// itself: it holds numbers, and whoever owns it sends the bytes and asks the store.
///
/// (1) An outcome is asked for once the watermark has passed the order's offset, once for each watcher at a time, and
///     never before.
/// (2) Nobody is put out: at the limit one more is refused.
/// (3) A place that was told never grows.
/// (4) A poll hears something when its wait is over, unless the store is being asked for its outcome: then what follows
///     from that. A stream that was silent for `WatchTuning.heartbeat` gets a sign of life.
/// (5) What the store could not say is asked again, of all such watchers together, for as long as they wait.
/// (6) One ordered list by place in the log and one by time: nothing here grows but with those who watch.
package struct Watchers: Sendable {
  /// What is to be done for a watcher.
  package enum Event: Hashable, Sendable {
    /// Ask the store what became of its order; `unanswered` if it could not say.
    case lookUp(WatcherID)
    /// Tell its place, counted from this watermark.
    case place(WatcherID, from: Offset)
    /// Say that nobody decides its partition until a person has looked.
    case halted(WatcherID)
    /// Send a sign of life.
    case heartbeat(WatcherID)
    /// Its wait is over; it is no watcher any more.
    case over(WatcherID)
  }

  /// How one watches.
  package enum Manner: Hashable, Sendable {
    /// Hears of its place until the outcome.
    case stream
    /// Hears one thing, by this time at the latest.
    case poll(until: Duration)
  }

  private enum Phase {
    case inLine
    /// The store is being asked.
    case asked
    /// The store could not say.
    case unanswered
  }

  private struct Watcher {
    let manner: Manner
    let position: LogPosition
    var phase: Phase
    /// The watermark of the place told last.
    var told: Offset
    /// When it heard the last thing.
    var heardAt: Duration
    var knowsHalt = false
    /// Its entry in `clock`, if it has one.
    var looksAt: Duration?
  }

  private struct Slot {
    var generation: UInt32 = 0
    var watcher: Watcher?
  }

  /// An entry of an ordered list; the slot's index tells equal ones apart.
  private struct Entry<Key: Comparable & Sendable>: Comparable {
    let key: Key
    let index: Int

    static func < (a: Self, b: Self) -> Bool { (a.key, a.index) < (b.key, b.index) }
  }

  private let limit: Int
  private let tuning: WatchTuning
  private var slots: [Slot] = []
  private var free: [Int] = []
  private var line: [Entry<LogPosition>] = []
  private var clock: [Entry<Duration>] = []
  private var unansweredIDs: [WatcherID] = []
  private var asksAgainAt: Duration?

  /// How many watch.
  package private(set) var count = 0

  /// - Parameter limit: so many watch at most.
  package init(limit: Int, tuning: WatchTuning = WatchTuning()) {
    self.limit = limit
    self.tuning = tuning
  }

  /// Whether this one still watches.
  package func has(_ id: WatcherID) -> Bool {
    slots.indices.contains(id.index) && slots[id.index].generation == id.generation
      && slots[id.index].watcher != nil
  }
}

/// One who watches, from `Watchers.add` until it leaves, never again.
package struct WatcherID: Hashable, Sendable {
  /// Below the number of those who watched at the same time: fit for an array of what belongs to them.
  package let index: Int
  package let generation: UInt32
}

// MARK: - Coming and going

extension Watchers {
  /// Lets one more watch; `nil` at the limit.
  ///
  /// - Parameters:
  ///   - told: the watermark of the place that it was just told.
  ///   - watermark: of its partition. If that has passed the order, its outcome is to be asked for now, by the caller.
  package mutating func add(
    _ manner: Manner, at position: LogPosition, told: Offset, watermark: Offset, now: Duration
  ) -> WatcherID? {
    guard count < limit else { return nil }
    count += 1
    let index = free.popLast() ?? slots.count
    if index == slots.count { slots.append(Slot()) }
    let isDue = position.offset < watermark
    var watcher = Watcher(
      manner: manner, position: position, phase: isDue ? .asked : .inLine, told: told, heardAt: now)
    let looksAt: Duration =
      switch manner {
      case .stream: now + tuning.placeInterval
      case .poll(let end): end
      }
    watcher.looksAt = looksAt
    slots[index].watcher = watcher
    Self.insert(Entry(key: looksAt, index: index), into: &clock)
    if !isDue { Self.insert(Entry(key: position, index: index), into: &line) }
    return WatcherID(index: index, generation: slots[index].generation)
  }

  /// It watches no more: it was told its outcome, or has left. One that does not watch changes nothing.
  package mutating func remove(_ id: WatcherID) {
    guard has(id), let watcher = slots[id.index].watcher else { return }
    if watcher.phase == .inLine { Self.remove(Entry(key: watcher.position, index: id.index), from: &line) }
    if let looksAt = watcher.looksAt { Self.remove(Entry(key: looksAt, index: id.index), from: &clock) }
    slots[id.index].watcher = nil
    slots[id.index].generation &+= 1
    free.append(id.index)
    count -= 1
  }

  private static func insert<Key>(_ entry: Entry<Key>, into list: inout [Entry<Key>]) {
    // Most come last: offsets grow.
    if let last = list.last, entry < last {
      list.insert(entry, at: firstIndex(notBelow: entry, in: list[...]))
    } else {
      list.append(entry)
    }
  }

  private static func remove<Key>(_ entry: Entry<Key>, from list: inout [Entry<Key>]) {
    let index = firstIndex(notBelow: entry, in: list[...])
    if list.indices.contains(index), list[index] == entry { list.remove(at: index) }
  }

  private static func firstIndex<Key>(notBelow entry: Entry<Key>, in list: ArraySlice<Entry<Key>>) -> Int {
    var (low, high) = (list.startIndex, list.endIndex)
    while low < high {
      let middle = low + (high - low) / 2
      if list[middle] < entry { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

// MARK: - The line

extension Watchers {
  /// Those whom their partition's watermark has passed, in the order of the log: their outcomes are to be asked for.
  package mutating func passed(by watermark: (Partition) -> Offset) -> [WatcherID] {
    var due: [WatcherID] = []
    var waiting: [Entry<LogPosition>] = []
    var start = 0
    while start < line.count {
      let partition = line[start].key.partition
      // Of this partition: those before the watermark, and where the next one begins.
      let passed = firstIndex(ofPlace: LogPosition(partition: partition, offset: watermark(partition)), from: start)
      let next = firstIndex(ofPlace: LogPosition(partition: Partition(partition.rawValue + 1), offset: 0), from: passed)
      if passed > start, due.isEmpty { waiting.append(contentsOf: line[..<start]) }
      for entry in line[start..<passed] {
        slots[entry.index].watcher?.phase = .asked
        due.append(WatcherID(index: entry.index, generation: slots[entry.index].generation))
      }
      if !due.isEmpty { waiting.append(contentsOf: line[passed..<next]) }
      start = next
    }
    if !due.isEmpty { line = waiting }
    return due
  }

  private func firstIndex(ofPlace position: LogPosition, from start: Int) -> Int {
    Self.firstIndex(notBelow: Entry(key: position, index: 0), in: line[start...])
  }

  /// The store could not say what became of the orders of these. They are asked for again, but for those returned:
  /// their wait is over, and they are no watchers any more.
  package mutating func unanswered(_ ids: [WatcherID], now: Duration) -> [WatcherID] {
    var over: [WatcherID] = []
    for id in ids where has(id) {
      if case .poll(let end) = slots[id.index].watcher?.manner, end <= now {
        over.append(id)
      } else {
        slots[id.index].watcher?.phase = .unanswered
        unansweredIDs.append(id)
      }
    }
    for id in over { remove(id) }
    if !unansweredIDs.isEmpty, asksAgainAt == nil { asksAgainAt = now + tuning.askAgain }
    return over
  }
}

// MARK: - Time

extension Watchers {
  /// What time has brought. Called every few milliseconds.
  ///
  /// - Parameter standing: the watermark of a partition, and whether it is halted.
  /// - Returns: at most `Limits.watchLooks` events, and one for each outcome that is asked for again: what is left
  ///   comes with the next call.
  package mutating func tick(
    _ now: Duration, standing: (Partition) -> (watermark: Offset, isHalted: Bool)
  ) -> [Event] {
    var events: [Event] = []
    if let asksAgainAt, asksAgainAt <= now {
      self.asksAgainAt = nil
      for id in unansweredIDs where has(id) && slots[id.index].watcher?.phase == .unanswered {
        slots[id.index].watcher?.phase = .asked
        events.append(.lookUp(id))
      }
      unansweredIDs = []
    }
    // A copy: a slice would make the removal copy the rest.
    let looking = Array(clock.prefix(Limits.watchLooks).prefix { $0.key <= now })
    guard !looking.isEmpty else { return events }
    clock.removeFirst(looking.count)
    var again: [Entry<Duration>] = []
    for entry in looking {
      let id = WatcherID(index: entry.index, generation: slots[entry.index].generation)
      guard var watcher = slots[entry.index].watcher else { continue }
      watcher.looksAt = nil
      switch watcher.manner {
      case .stream:
        let looksAt = now + tuning.placeInterval
        watcher.looksAt = looksAt
        again.append(Entry(key: looksAt, index: entry.index))
        if let event = look(at: &watcher, id, now, standing(watcher.position.partition)) {
          watcher.heardAt = now
          events.append(event)
        }
        slots[entry.index].watcher = watcher
      case .poll:
        slots[entry.index].watcher = watcher
        guard watcher.phase != .asked else { continue }
        remove(id)
        events.append(.over(id))
      }
    }
    put(again.sorted())
    return events
  }

  /// Puts entries of one time back, in one move of what is later.
  private mutating func put(_ entries: [Entry<Duration>]) {
    guard let first = entries.first else { return }
    clock.insert(contentsOf: entries, at: Self.firstIndex(notBelow: first, in: clock[...]))
  }

  private func look(
    at watcher: inout Watcher, _ id: WatcherID, _ now: Duration, _ standing: (watermark: Offset, isHalted: Bool)
  ) -> Event? {
    if watcher.phase == .inLine {
      if standing.isHalted, !watcher.knowsHalt {
        watcher.knowsHalt = true
        return .halted(id)
      }
      watcher.knowsHalt = standing.isHalted
      // Past its own offset there is no place to tell: the outcome is about to come.
      if standing.watermark > watcher.told, standing.watermark <= watcher.position.offset {
        watcher.told = standing.watermark
        return .place(id, from: standing.watermark)
      }
    }
    return now - watcher.heardAt >= tuning.heartbeat ? .heartbeat(id) : nil
  }
}
