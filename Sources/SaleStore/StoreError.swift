public import FlashSale

/// Why the store did not do what it was asked. A failure of PostgreSQL itself is a `PostgresError`.
public enum StoreError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A sale of this id exists; nothing was written.
  case saleExists(SaleID)

  /// The topic was recorded with another partition count. A changed count would move keys between writers, so
  /// nothing may run on it.
  case partitionCountChanged(topic: String, recorded: Int32, found: Int32)

  /// Another writer claimed the partition, or moved it on: this one's transaction changed nothing (I7).
  case fenced(Partition)

  /// The session of the partition's last owner is in the way of a claim and could not be ended; why.
  case ownerCannotBeEnded(Partition, String)

  /// Nobody else who may sign in is an owner; nothing was changed.
  case lastOwner(String)

  /// The store holds something that this version cannot read.
  case unreadable(String)

  /// What happened and what to do, safe to show to an operator.
  public var description: String {
    switch self {
    case .saleExists(let id): "a sale \(id) exists already"
    case .partitionCountChanged(let topic, let recorded, let found):
      """
      topic \(topic) has \(found) partitions, but this database was filled from one with \(recorded); \
      use the topic of that count, or a new topic name with a new database
      """
    case .fenced(let partition): "partition \(partition) was claimed by another worker"
    case .ownerCannotBeEnded(let partition, let why): "the owner of partition \(partition) can't be ended: \(why)"
    case .lastOwner(let name): "\(name) is the last owner who may sign in; make another one first"
    case .unreadable(let what): what
    }
  }
}
