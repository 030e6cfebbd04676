internal import HTTPServing

// What the gate of the operator's listener has to say.

extension Problem {
  static func foreignOrigin(_ detail: String) -> Problem { Problem(.foreignOrigin, detail: detail) }

  /// This process waits for what it needs; the reason names it.
  static func starting(_ reason: String) -> Problem {
    Problem(.starting, detail: "This process is not ready yet: \(reason).").with {
      $0.retryAfterMilliseconds = Limits.startingRetryMilliseconds
    }
  }
}
