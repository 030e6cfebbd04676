internal import NIOCore

/// All that is settled before the first request leaves.
struct Plan: Sendable {
  let schedule: Schedule
  let mix: Mix
  let requests: RequestBytes
  /// As the sale lists them.
  let skus: [String]
  /// How long an answer may take, from the time its request was sent.
  let timeout: TimeAmount
  let epoch: Epoch
}
