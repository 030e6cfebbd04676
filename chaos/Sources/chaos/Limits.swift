/// Every bound of the matrix.
enum Limits {
  /// Partitions of a stage's topic, as in the product's own default.
  static let partitions = 12

  /// Customers: threads with one connection each. Above the requests that one intake has in flight at these rates.
  static let customers = 48

  /// Requests per second that the crowd begins, all together. Two cores carry the processes, the crowd and the audit,
  /// and the embedded broker keeps 5 MiB per partition, which the audit must find whole.
  static let rate = 1_000.0

  /// Requests per second of a steady crowd, before an outside cluster: 30 for each partition show a pause to 33 ms, and
  /// leave the brokers room where they share the machine.
  static let steadyRate = 360.0

  /// Customers of a steady crowd that wait for an answer at once. More come late, and the row says by how much. With no
  /// partition taking orders, they are the rate times `answerSeconds` at most.
  static let steadyCustomers = 4_096

  /// How long a customer waits for an answer. Past it the outcome is unknown and the order is sent again. Longer than
  /// intake's own deadline for the log, so that most unknowns are told and not guessed.
  static let answerSeconds = 8

  /// How often an order is sent before the customer gives it up as unknown.
  static let tries = 60

  /// Longest pause before an order is sent again, even if `Retry-After` is longer: this crowd is impatient.
  static let retryPauseMilliseconds: ClosedRange<Int> = 50...500

  /// The share of orders that are sent once more with their key after their 202, per mille.
  static let repeatPerMille = 50

  /// How long the load continues after the last fault, so that the row sees the line work again.
  static let loadAfterFaults = Duration.seconds(2)

  /// How long the load lasts before the first fault.
  static let loadBeforeFaults = Duration.seconds(1)

  /// The liveness bound: from the moment when everything is healed until every order accepted by then is decided. Wide,
  /// for a busy machine; a row that promises less measures it by itself.
  static let recovery = Duration.seconds(60)

  /// How long a worker of the stage may be silent before others take its partitions: the product's own default.
  static let lease = Duration.seconds(3)

  /// How long an outside cluster may take until every replica is in sync again, after a broker came back.
  static let clusterHealth = Duration.seconds(120)

  /// How long an outside cluster is under load before its first fault: a Java program that was just started compiles
  /// itself meanwhile.
  static let warmUp = Duration.seconds(8)

  /// How long a fault of an outside broker is watched. Above Kafka's `broker.session.timeout.ms`, 9 s, and what
  /// follows. If the broker was the active controller too, its successor is elected first, in some seconds, and then
  /// counts those 9 s anew; on a busy machine that took more than 15 s.
  static let brokerAway = Duration.seconds(22)

  /// From the moment at which a partition has another leader until it takes and decides orders again.
  static let afterElection = Duration.seconds(2)

  /// The longest pause of a partition that the broker of a fault does not lead, once that one is not waited for.
  static let bystander = Duration.milliseconds(500)

  /// How long a broker may be gone until what waits for it is known to wait, and further orders are refused at once:
  /// intake's own patience, a look, and as much for the machine.
  static let stallKnown = Duration.seconds(4)

  /// The p99 of answers once that is known.
  static let busyAnswer = Duration.milliseconds(500)

  /// How long retention may take to delete records of a topic that keeps them for some seconds. Above Kafka's
  /// `log.retention.check.interval.ms`, 5 min.
  static let retention = Duration.seconds(400)

  /// How many lines of each kind a row prints about what is wrong.
  static let examples = 5
}
