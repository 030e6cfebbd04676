internal import FlashSale
internal import HTTPServing

// What the admin API alone has to say. What any route may have to say stands with `Problem`.

extension Problem {
  static func saleNotFound(_ id: SaleID) -> Problem { Problem(.saleNotFound, detail: "There is no sale \(id).") }

  static func orderNotFound(_ id: OrderID) -> Problem {
    Problem(.orderNotFound, detail: "The store knows no order \(id); it may be queued still.")
  }

  static func saleExists(_ id: SaleID) -> Problem {
    Problem(.saleExists, detail: "A sale \(id) exists; nothing was changed.", field: "id")
  }

  static func partitionNotFound(_ partition: Partition) -> Problem {
    Problem(.partitionNotFound, detail: "Nobody has ever worked on partition \(partition).")
  }

  static func workerNotFound(_ id: Int64) -> Problem {
    Problem(.workerNotFound, detail: "No worker has the id \(id), or it has ended.")
  }

  static func workerIsLast(_ id: Int64) -> Problem {
    Problem(
      .workerIsLast, detail: "Start another worker before you empty worker \(id); nothing was changed.")
  }

  static func lanesFull(_ id: Int64, lanes: Int64, partitions: Int64) -> Problem {
    Problem(
      .lanesFull,
      detail: """
        Without worker \(id) there is room for \(lanes) of \(partitions) partitions: start another worker first; \
        nothing was changed.
        """)
  }

  static func partitionNotHalted(_ partition: Partition) -> Problem {
    Problem(.partitionNotHalted, detail: "Partition \(partition) is not halted; nothing was changed.")
  }

  static func partitionHaltedAgain(_ partition: Partition) -> Problem {
    Problem(.partitionNotHalted, detail: "Partition \(partition) went on, and is halted anew; nothing was changed.")
  }

  static func offsetDecided(_ partition: Partition, upTo last: Offset) -> Problem {
    Problem(
      .offsetDecided,
      detail: """
        Commands, baskets or quarantined records of partition \(partition) are stored up to offset \(last), and are \
        known by it: a log that was made anew goes on at \(last.next) (docs/runbook.md says how); nothing was changed.
        """)
  }

  static func webhookNotFound(_ id: Int32) -> Problem {
    Problem(.webhookNotFound, detail: "There is no webhook \(id).")
  }

  static let unknownFormat = Problem(.unknownFormat, detail: "format is json (the default) or csv.", field: "format")

  /// The database does not answer, or not as it should.
  static let storeUnavailable = Problem(.storeUnavailable, detail: "Try again soon.").retriable()

  /// A change was asked for and not confirmed (I12).
  ///
  /// - Parameter effect: what may have come of it.
  static func outcomeUnknown(_ effect: String) -> Problem {
    Problem(
      .outcomeUnknown,
      detail: "It was not confirmed in time: \(effect). Repeating the call is safe: it changes nothing twice."
    ).with { $0.retryAfterMilliseconds = Limits.unknownRetryMilliseconds }
  }

  private func retriable() -> Problem {
    with { $0.retryAfterMilliseconds = Limits.retryAfterMilliseconds }
  }
}
