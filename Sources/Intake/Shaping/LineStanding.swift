internal import FlashSale
internal import Synchronization

/// What this intake has put into one line: units in that of an item, or orders in that of a sale in one partition.
/// Shared by all threads, without a lock.
///
/// (1) A unit is on its way, if the sale caps its line, from before its record is produced until its fate is known;
///     then it has entered, unless the log refused it.
/// (2) What has entered is counted after the log's end was raised past it (`DeliveryRouter`), so a reader of the one
///     and then the other has the end behind everything that is counted. Records of unknown fate excepted: some of
///     those may be counted as decided too early.
final class LineStanding: Sendable {
  private let flying = Atomic<Int64>(0)
  private let enteredUnits = Atomic<Int64>(0)
  private let decidedUnits = Atomic<Int64>(0)

  /// Units that have entered, since the intake began.
  var entered: Int64 { enteredUnits.load(ordering: .acquiring) }

  /// Units of those that are decided; what `IntakeLine` says.
  var decided: Int64 {
    get { decidedUnits.load(ordering: .relaxed) }
    set { decidedUnits.store(newValue, ordering: .relaxed) }
  }

  /// Units in line, without those on their way.
  var units: Int64 { max(0, enteredUnits.load(ordering: .relaxed) - decided) }

  /// Lets an order in, unless the line is full. What is let in enters or leaves later.
  ///
  /// - Parameter others: units in line that it is known of from elsewhere, if they are more.
  func admit(_ quantity: Units, left: Units, cap: Int32, others: Int64) -> Bool {
    admit(quantity) { flying in LineGate.isFull(line: max(units + flying, others), left: left, cap: cap) }
  }

  /// Lets something in, unless `isFull` says of what is on its way before it that the line is full.
  func admit(_ quantity: Units, unless isFull: (_ flying: Int64) -> Bool) -> Bool {
    let quantity = Int64(quantity.rawValue)
    let before = flying.add(quantity, ordering: .relaxed).oldValue
    guard isFull(before) else { return true }
    flying.subtract(quantity, ordering: .relaxed)
    return false
  }

  /// Lets an order in, whatever the line's length.
  func board(_ quantity: Units) { flying.add(Int64(quantity.rawValue), ordering: .relaxed) }

  /// An order is in the log, or may be.
  func enter(_ quantity: Units, wasAdmitted: Bool) {
    enteredUnits.add(Int64(quantity.rawValue), ordering: .releasing)
    if wasAdmitted { leave(quantity) }
  }

  /// An admitted order is not in the log, and will not be.
  func leave(_ quantity: Units) { flying.subtract(Int64(quantity.rawValue), ordering: .relaxed) }
}

/// The lines of each partition that can still get longer: moved on whenever a watermark moves.
struct FollowedLines {
  /// Whose line it is.
  enum Key: Hashable {
    case item(StockKey)
    /// A sale's in one partition.
    case lane(SaleLane)
    /// A sale's on their way, to whichever partition.
    case sale(SaleNumber)
  }

  private struct Followed {
    let key: Key
    let standing: LineStanding
    var line: IntakeLine

    init(_ key: Key, _ standing: LineStanding) {
      (self.key, self.standing) = (key, standing)
      line = IntakeLine(decided: standing.decided)
    }
  }

  private var standings: [Key: LineStanding] = [:]
  private var lines: [[Followed]]

  init(partitions: Int) { lines = Array(repeating: [], count: partitions) }

  /// A line; the same one each time.
  mutating func standing(of key: Key) -> LineStanding {
    if let known = standings[key] { return known }
    let new = LineStanding()
    standings[key] = new
    return new
  }

  /// Says which lines matter from here on, each with its partition.
  mutating func follow(_ keys: [(Key, Partition)]) {
    let known = Dictionary(lines.joined().map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    lines = Array(repeating: [], count: lines.count)
    for (key, partition) in keys {
      lines[Int(partition.rawValue)].append(known[key] ?? Followed(key, standing(of: key)))
    }
  }

  /// Takes note of a partition's watermark.
  mutating func moved(_ partition: Int, _ standing: PartitionStanding) {
    for index in lines[partition].indices {
      let line = lines[partition][index].standing
      let entered = line.entered
      guard entered != line.decided else { continue }
      lines[partition][index].line.observe(
        entered: entered, end: Offset(standing.end), watermark: standing.watermark)
      line.decided = lines[partition][index].line.decided
    }
  }
}
