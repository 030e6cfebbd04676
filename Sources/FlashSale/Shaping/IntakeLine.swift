/// How much of what one intake has put into a line is decided: units in the line of an item, or orders in that of a
/// sale in one partition.
///
/// (1) What has entered and how far the log went then are noted together; once the watermark has reached that end, all
///     of it is decided. Nothing is kept for each order.
/// (2) What is told as decided is: every record that had entered at a mark lies before the mark's end.
/// (3) Once the watermark has reached the log's end, everything is decided that has entered. So a line that nobody adds
///     to becomes empty: what waits for it to get shorter does not wait for ever.
public struct IntakeLine: Sendable {
  private var marks: [(end: Offset, entered: Int64)] = []

  /// How much has entered and is decided, since the intake began.
  public private(set) var decided: Int64

  /// Nothing is in line.
  ///
  /// - Parameter decided: what has entered and is decided: of a line that is followed again.
  public init(decided: Int64 = 0) { self.decided = decided }

  /// Takes note of where the log and the lane are.
  ///
  /// - Parameters:
  ///   - entered: how much has entered in all. Read before `end`.
  ///   - end: behind every record that is counted in `entered`.
  ///   - watermark: everything before it is decided.
  public mutating func observe(entered: Int64, end: Offset, watermark: Offset) {
    guard watermark < end else {
      marks.removeAll(keepingCapacity: true)
      decided = max(decided, entered)
      return
    }
    let passed = marks.prefix { $0.end <= watermark }
    if let last = passed.last {
      decided = max(decided, last.entered)
      marks.removeFirst(passed.count)
    }
    guard entered > marks.last?.entered ?? decided else { return }
    if marks.last?.end == end { marks.removeLast() }
    marks.append((end, entered))
    if marks.count > Limits.lineMarks { dropOne() }
  }

  /// Drops a mark: what it would have told, the next one tells a little later. The one with the least between its
  /// neighbours, so that all stay about as far apart.
  private mutating func dropOne() {
    func span(around index: Int) -> Int64 {
      marks[index + 1].entered - (index > 0 ? marks[index - 1].entered : decided)
    }
    let least = marks.indices.dropLast().min { span(around: $0) < span(around: $1) }
    if let least { marks.remove(at: least) }
  }
}

/// Whether another order is let into the line of an item whose sale caps it.
public enum LineGate {
  /// Whether the line is full: as many units stand in it as the cap allows for those that are left. Nobody behind them
  /// would get anything, unless very many of them do not.
  ///
  /// With nothing in line it is open, whatever is left: a gate that has closed opens again when the line is decided, so
  /// that units which those in line could not get are sold (I2).
  ///
  /// - Parameters:
  ///   - line: units in line.
  ///   - left: units left, 0 or more.
  ///   - cap: 1 to `Limits.queueCap`.
  @inlinable
  public static func isFull(line: Int64, left: Units, cap: Int32) -> Bool {
    line > 0 && line >= Int64(cap) * Int64(left.rawValue)
  }
}
