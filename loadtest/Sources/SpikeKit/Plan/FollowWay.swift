internal import ArgumentParser

/// How an accepted order is followed to its outcome.
enum FollowWay: String, Sendable, CaseIterable, ExpressibleByArgument {
  /// Its status is asked for, again and again.
  case status
  /// By its stream of events. Where that is refused with 503, its status is asked for.
  case events
}
