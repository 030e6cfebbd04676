internal import FlashSale
internal import HTTPServing
internal import OrderLog
internal import Synchronization

/// One report, as small as a loop needs it.
struct Acknowledgement: Sendable {
  enum Fate: Sendable, Equatable {
    case persisted(Offset)
    /// Not in the log and never will be.
    case refused
    /// In the log or not (I12).
    case unknown
  }

  let tag: RecordTag
  let fate: Fate
}

/// Takes delivery reports from the producers' threads to the event loops: one hop per loop and batch.
final class DeliveryRouter: Sendable {
  private let standings: [PartitionStanding]
  private let loops: Loops
  private let lastRefusal = Mutex<String?>(nil)

  init(standings: [PartitionStanding], loops: Loops) {
    self.standings = standings
    self.loops = loops
  }

  /// Why the log did not take the last record it reported on; `nil` if it did.
  var failure: String? { lastRefusal.withLock { $0 } }

  /// Called by the producers' threads only, for a partition always by the same one.
  func route(_ reports: [DeliveryReport]) {
    var byLoop = [[Acknowledgement]](repeating: [], count: loops.count)
    var failure: String?
    for report in reports {
      let tag = RecordTag(rawValue: report.tag)
      let standing = standings[tag.partition]
      let fate: Acknowledgement.Fate
      switch report.delivery {
      case .persisted(let position):
        fate = .persisted(position.offset)
        standing.acknowledged(position.offset)
        failure = nil
      case .failed(let error):
        fate = .refused
        standing.withdraw()
        failure = error.description
      case .unknown(let error):
        fate = .unknown
        standing.lost()
        failure = error.description
      }
      byLoop[tag.loop].append(Acknowledgement(tag: tag, fate: fate))
    }
    // Before any answer: a buyer with a 202 must not find an older failure in the status. One lock per batch, not per
    // request; others hold it only for a copy.
    lastRefusal.withLock { $0 = failure }
    for (index, acknowledgements) in byLoop.enumerated() where !acknowledgements.isEmpty {
      loops.execute(on: index) { $0.deliver(acknowledgements) }
    }
  }
}
