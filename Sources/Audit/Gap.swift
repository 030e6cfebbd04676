internal import FlashSale

/// The offsets of one partition that have no record. A log that was compacted or written with transactions can have
/// very many, so they are summed up and not listed.
struct Gap {
  /// Where the first of them are.
  let first: ClosedRange<Offset>

  /// All of them.
  private(set) var offsets: Int64 = 0

  init(first from: Offset, upTo end: Offset) { first = from...Offset(end.rawValue - 1) }

  mutating func widen(from: Offset, upTo end: Offset) { offsets += end.rawValue - from.rawValue }

  func words(in partition: Partition) -> String {
    """
    partition \(partition): the log has no records at \(offsets) of its offsets, the first of them \
    \(first.lowerBound) to \(first.upperBound)
    """
  }
}
