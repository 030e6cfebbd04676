internal import FlashSale

/// The parts of a batch without a record, with which the steps of a batch can be rehearsed.
package enum EmptyBatch {
  package static var needs: BatchNeeds { BatchNeeds([], LaneMemory(tuning: LaneTuning())) }
  package static var tallies: Tallies { Tallies(Effects(), []) }
  package static var orders: OrderRows { OrderRows([], into: [:]) }
}
