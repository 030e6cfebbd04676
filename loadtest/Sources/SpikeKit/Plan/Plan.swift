internal import NIOCore

/// Everything that is settled before the first request leaves.
struct Plan: Sendable {
  let schedule: Schedule
  let mix: Mix
  let requests: RequestBytes
  /// As the sale lists them.
  let skus: [String]
  /// Groups of the crowd that send nothing.
  let absent: Set<Int>
  /// How long an answer may take, from the time its request was sent.
  let timeout: TimeAmount
  /// Whether each 202 is followed to its outcome. If not, nothing is kept of an answer but its kind and latency.
  let isFollowed: Bool
  /// How, if so.
  let followWay: FollowWay
  /// How buyers pay for what they have won; `nil`: nobody does anything about it.
  let payments: Payments?
  /// The place of the connections for that among the pools.
  let errandPool: Int
  let epoch: Epoch
}

/// How buyers pay.
struct Payments: Sendable {
  let provider: Provider
  /// Somebody pays within this time after she hears that she can.
  let within: TimeAmount
  let requests: LifeBytes
  /// When those whose orders are not at their ends give up, after the schedule's end.
  let patience: TimeAmount
}
