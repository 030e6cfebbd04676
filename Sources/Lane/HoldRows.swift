package import FlashSale

/// The rows that a batch adds to `holds`, and those that it changes; in the order of the ids.
package struct HoldRows: Sendable {
  /// Lives that begin.
  package let new: [Hold]

  /// Lives as they are behind the batch, each with the `asOf` that it had before.
  package let changed: [(hold: Hold, before: Offset)]

  init(_ changes: [OrderID: Effects.HoldChange]) {
    var new: [Hold] = []
    var changed: [(hold: Hold, before: Offset)] = []
    // The ids are sorted, and not the lives: each step would move whole rows.
    for order in changes.keys.sorted() {
      guard let change = changes[order] else { continue }
      if let before = change.before {
        changed.append((change.after, before.asOf))
      } else {
        new.append(change.after)
      }
    }
    (self.new, self.changed) = (new, changed)
  }
}
