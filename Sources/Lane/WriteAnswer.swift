/// The result of writing a batch. Unless it is `committed`, call `LaneMemory.forget`.
package enum WriteAnswer: Sendable {
  indirect case committed(WrittenBatch)

  /// Someone else claimed the partition or moved it on. Nothing was changed (I7).
  case fenced

  /// What was loaded is no longer true: another lane decided one of the orders, or a level is not what this lane left.
  /// Nothing was changed; the next attempt decides again.
  case conflict(String)

  /// Another lane has closed a generation that the batch would have been written into. Nothing was changed; the next
  /// attempt reads which one is open.
  case generationClosed

  /// A record of the batch makes every attempt fail; the reason is in the server's words, data included. Nothing was
  /// changed.
  case poisoned(String)

  /// PostgreSQL could not do it now. Nothing was changed; the connection can be used.
  case unavailable(any Error)

  /// The connection is gone. The batch is committed or not; `reclaim` on another connection finds out.
  case connectionLost(any Error)
}
