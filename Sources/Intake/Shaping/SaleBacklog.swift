internal import FlashSale
internal import HTTPServing
internal import OrderLog
internal import SaleStore

/// How many orders of a sale may be in line over all of its partitions, seen from one of them.
///
/// What is in line is shared by all threads, without a lock. An order is on its way from before its record is produced
/// until its fate is known. Then it has entered, unless the log refused it.
struct SaleBacklog: Sendable {
  private struct Lane {
    let partition: Partition
    let standing: PartitionStanding
    /// Orders that this intake has put there.
    let line: LineStanding
    /// No other sale that can still sell has orders there, as far as the catalog knows.
    let isAlone: Bool
  }

  private let limit: Int64
  private let lanes: [Lane]
  /// Orders on their way, to whichever partition.
  private let flying: LineStanding
  /// The line of the partition that it is seen from.
  private var own: LineStanding

  /// That of a sale, seen from any of its partitions; `nil`: the sale limits nothing.
  init?(
    of stored: StoredSale, lines: inout FollowedLines, _ standings: [PartitionStanding],
    isAlone: (Partition) -> Bool
  ) {
    guard let limit = stored.sale.shaping.backlog else { return nil }
    let all = stored.sale.items.map {
      RecordKey(sale: stored.sale, sku: $0.sku).partition(of: Int32(standings.count))
    }
    var lanes: [Lane] = []
    for partition in Set(all) {
      lanes.append(
        Lane(
          partition: partition, standing: standings[Int(partition.rawValue)],
          line: lines.standing(of: .lane(SaleLane(sale: stored.number, partition: partition))),
          isAlone: isAlone(partition)))
    }
    (self.limit, self.lanes, own) = (limit, lanes, lanes[0].line)
    flying = lines.standing(of: .sale(stored.number))
  }

  /// The same one, for orders of `partition`, which is one of the sale's.
  func entering(_ partition: Partition) -> SaleBacklog {
    var other = self
    if let lane = lanes.first(where: { $0.partition == partition }) { other.own = lane.line }
    return other
  }

  /// Lets an order in, unless the line is full. What is let in is settled later.
  ///
  /// - Parameter isInLog: it was sent before, and is in the log.
  func admit(isInLog: @autoclosure () -> Bool) throws(Problem) {
    var line = SaleLine(flying: 0)
    let isAdmitted = flying.admit(Units(1)) { flying in
      line = self.line(flying: flying)
      return line.isFull(limit: limit)
    }
    guard !isAdmitted else { return }
    guard line.takesRepeats(limit: limit), isInLog() else { throw .backlogFull(of: line, limit: limit) }
    flying.board(Units(1))
  }

  /// An order that was let in is in the log, or may be; or it is not, and will not be.
  func settle(_ fate: Acknowledgement.Fate) {
    if fate != .refused { own.enter(Units(1), wasAdmitted: false) }
    flying.leave(Units(1))
  }

  private func line(flying: Int64) -> SaleLine {
    var line = SaleLine(flying: flying)
    // What is in line in a halted partition is not decided before a person has looked: other partitions sell meanwhile.
    for lane in lanes where !lane.standing.isHalted {
      let standing = lane.standing
      line.add(
        own: lane.line.units, undecided: standing.undecided, isAlone: lane.isAlone, drainRate: standing.drainRate)
    }
    return line
  }
}
