internal import Synchronization

/// How an event loop hears that watermarks moved: rung by whoever moves them, at most once until the loop has looked.
///
/// (1) A watermark that is raised before a ring is seen by the look that follows the ring.
/// (2) A loop on which nobody watches is not disturbed.
final class WatchBell: Sendable {
  private let watching = Atomic<Int>(0)
  private let isRung = Atomic<Bool>(false)

  /// How many watch on its loop.
  var watchers: Int { watching.load(ordering: .relaxed) }

  /// One more watches; called before its watermark is read.
  func join() { watching.add(1, ordering: .sequentiallyConsistent) }

  func leave() { watching.subtract(1, ordering: .relaxed) }

  /// Watermarks were raised; whether the loop must be told.
  func ring() -> Bool {
    guard watching.load(ordering: .sequentiallyConsistent) > 0 else { return false }
    return !isRung.exchange(true, ordering: .acquiringAndReleasing)
  }

  /// The loop is about to look at the watermarks.
  func answered() { _ = isRung.exchange(false, ordering: .acquiringAndReleasing) }
}
