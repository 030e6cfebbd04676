package import FlashSale

/// The right to write one partition, from `nextOffset` on, until someone claims it after.
package struct Claim: Sendable, Hashable {
  package let topic: String
  package let partition: Partition
  package let epoch: Epoch

  /// The first offset without an effect in the store, when it was claimed.
  package let nextOffset: Offset

  /// The fingerprint of the record before `nextOffset`; `nil` if it is not known.
  package let lastRecord: RecordFingerprint?

  /// Creates a claim.
  package init(
    topic: String, partition: Partition, epoch: Epoch, nextOffset: Offset, lastRecord: RecordFingerprint?
  ) {
    self.topic = topic
    self.partition = partition
    self.epoch = epoch
    self.nextOffset = nextOffset
    self.lastRecord = lastRecord
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
