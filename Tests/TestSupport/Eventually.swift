/// Waits until a condition of another process or thread holds, looking again every 10 ms; `false` past the deadline.
///
/// For what gives no event to wait for; the deadline is a bound on failure, not a guess at duration.
public func eventually(
  within deadline: Duration = .seconds(30), _ condition: () async throws -> Bool
) async throws -> Bool {
  let end = ContinuousClock.now + deadline
  while ContinuousClock.now < end {
    if try await condition() { return true }
    try await Task.sleep(for: .milliseconds(10))
  }
  return try await condition()
}
