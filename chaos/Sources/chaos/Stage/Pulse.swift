import Kafka
import Synchronization

/// The moments at which something happens in each partition, and the pauses between them.
final class Pulse: Sendable {
  private struct Beats {
    var last: ContinuousClock.Instant
    var gaps: [Range<ContinuousClock.Instant>] = []
  }

  /// Shorter pauses are no news.
  private static let shortest = Duration.milliseconds(20)

  private let beats = Mutex<[Partition: Beats]>([:])

  /// It happens.
  func beat(_ partition: Partition, at now: ContinuousClock.Instant = .now) {
    beats.withLock { beats in
      guard let last = beats[partition]?.last else { return beats[partition] = Beats(last: now) }
      guard now > last else { return }
      if now - last >= Self.shortest { beats[partition]?.gaps.append(last..<now) }
      beats[partition]?.last = now
    }
  }

  /// The longest pause of each partition that lies in the window at least in part; one that goes on lasts until its
  /// end.
  func longest(in window: Range<ContinuousClock.Instant>) -> [Partition: Range<ContinuousClock.Instant>] {
    beats.withLock { beats in
      beats.mapValues { beats in
        let open = beats.last..<max(beats.last, window.upperBound)
        return (beats.gaps.filter { $0.overlaps(window) } + [open]).max { $0.length < $1.length } ?? open
      }
    }
  }

  /// The partitions in which it has happened since then.
  func partitions(since begin: ContinuousClock.Instant) -> Set<Partition> {
    beats.withLock { Set($0.filter { $0.value.last >= begin }.keys) }
  }

  /// Forgets all, because the stream stops here: what comes next is no pause's end.
  func reset() { beats.withLock { $0 = [:] } }
}

extension Range<ContinuousClock.Instant> {
  /// How long it lasts.
  var length: Duration { upperBound - lowerBound }
}
