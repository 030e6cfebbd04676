internal import HTTPServing

// What the gate of the operator's listener has to say.

extension Problem {
  /// No token, or a wrong one. A browser asks for it.
  static let unauthenticated = Problem(
    .unauthenticated,
    detail: "Send the admin token as Authorization: Bearer TOKEN, or in a browser as the password of any user."
  ).with {
    $0.challenges = [
      "Bearer realm=\"penstock admin\"", "Basic realm=\"penstock admin\", charset=\"UTF-8\"",
    ]
  }

  static func foreignOrigin(_ detail: String) -> Problem { Problem(.foreignOrigin, detail: detail) }

  /// This process waits for what it needs; the reason names it.
  static func starting(_ reason: String) -> Problem {
    Problem(.starting, detail: "This process is not ready yet: \(reason).").with {
      $0.retryAfterMilliseconds = Limits.startingRetryMilliseconds
    }
  }
}
