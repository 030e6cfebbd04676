internal import FlashSale
internal import SaleStore

/// Which part of a partition can be compared, and why not more.
struct PartitionLine {
  let partition: Partition

  /// The progress: the first offset without an effect in the store.
  let next: Offset

  /// What the log has.
  let log: Range<Offset>

  /// The records that are compared; empty where nothing can be said.
  let compared: Range<Offset>

  /// Why less than all was compared; one sentence each.
  let problems: [String]

  /// Whether the records are compared from the log's first one on.
  var isFromTheBeginning: Bool { compared.lowerBound.rawValue == 0 }

  /// Whether all up to the progress was compared.
  var isWhole: Bool { isFromTheBeginning && compared.upperBound == next }

  /// Records that have no outcome yet.
  var inFlight: Int64 { max(0, log.upperBound.rawValue - max(next, log.lowerBound).rawValue) }

  /// - Parameters:
  ///   - progress: `nil` for a partition that was never claimed.
  ///   - isAnother: whether the last decided record is another one in this log.
  ///   - isRefused: whether nothing is compared for that.
  init(
    _ partition: Partition, _ progress: PartitionProgress?, log: Range<Offset>, isAnother: Bool, isRefused: Bool
  ) {
    let next = progress?.nextOffset ?? Offset(0)
    var problems: [String] = []
    if let reason = progress?.haltedReason {
      problems.append("partition \(partition) is halted: \(reason)")
    }
    if log.upperBound < next {
      // This is not the log that was decided, or it lost its end: its records are not compared.
      compared = next..<next
      problems.append(
        """
        partition \(partition): the log ends at \(log.upperBound), before the progress \(next): it was made again or \
        has lost records, and nothing of it was compared
        """)
    } else if isRefused {
      compared = next..<next
    } else if log.lowerBound > next {
      compared = next..<next
      problems.append(
        """
        partition \(partition): the log begins at \(log.lowerBound), behind the progress \(next): its records from \
        \(next) on are gone undecided
        """)
    } else {
      compared = log.lowerBound..<next
      if log.lowerBound.rawValue > 0 {
        problems.append(
          """
          partition \(partition): the log has lost what was before \(log.lowerBound): it vouches from there on, and \
          the rows before are believed
          """)
      }
    }
    if isAnother {
      problems.append(
        "partition \(partition): the record before the progress \(next) is not the one decided there: the log was made "
          + "again or has lost records"
          + (isRefused ? ", and nothing of it was compared" : ", or the progress is wrong; the rows are compared"))
    }
    self.partition = partition
    self.next = next
    self.log = log
    self.problems = problems
  }
}
