package import FlashSale
package import Time

/// The right to write one partition, from `nextOffset` on, until someone claims it after.
package struct Claim: Sendable, Hashable {
  package let topic: String
  package let partition: Partition
  package let epoch: Epoch

  /// The first offset without an effect in the store, when it was claimed.
  package let nextOffset: Offset

  /// The fingerprint of the record before `nextOffset`; `nil` if it is not known.
  package let lastRecord: RecordFingerprint?

  /// When it was claimed, by the database's clock, if anybody asks: nothing is decided by it.
  package let claimedAt: Timestamp?

  /// Creates a claim.
  package init(
    topic: String, partition: Partition, epoch: Epoch, nextOffset: Offset, lastRecord: RecordFingerprint?,
    claimedAt: Timestamp? = nil
  ) {
    self.topic = topic
    self.partition = partition
    self.epoch = epoch
    self.nextOffset = nextOffset
    self.lastRecord = lastRecord
    self.claimedAt = claimedAt
  }
}

/// What a claim comes to.
package enum ClaimAnswer: Sendable, Hashable {
  case claimed(Claim)

  /// A person has to look first. Nothing was changed.
  case halted(reason: String)

  /// Someone else claimed the partition meanwhile. Nothing was changed.
  case fenced
}
