internal import SaleStore

/// The classes that times to a decision are counted in, as a chart shows them: from the quickest that has any to the
/// slowest.
struct DelayClasses {
  /// `under 1 ms`, `1–2 ms`, …
  let labels: [String]
  let counts: [Int64]

  /// - Parameter counted: by the number of their class, as the store counts them.
  init(_ counted: [Int: Int64], _ say: Phrasebook) {
    let filled = counted.filter { $0.value > 0 }.keys
    guard let first = filled.min(), let last = filled.max() else {
      (labels, counts) = ([], [])
      return
    }
    labels = (first...last).map { Self.label($0, say) }
    counts = (first...last).map { counted[$0] ?? 0 }
  }

  private static func label(_ index: Int, _ say: Phrasebook) -> String {
    let bounds = SaleDecisions.delayBounds
    guard index > 0 else { return say(ChartWords.under, name(bounds[0])) }
    guard index < bounds.count else { return say(ChartWords.andMore, name(bounds[bounds.count - 1])) }
    return say(ChartWords.between, name(bounds[index - 1]), name(bounds[index]))
  }

  private static func name(_ milliseconds: Double) -> String {
    milliseconds < 1_000 ? "\(Int64(milliseconds)) ms" : "\(Int64(milliseconds / 1_000)) s"
  }
}
