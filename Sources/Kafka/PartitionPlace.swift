internal import CRdkafka
public import LogPositions

/// Which brokers have a partition, as the broker that was asked last heard.
public struct PartitionPlace: Sendable, Equatable {
  public let partition: Partition
  /// The broker that takes and gives its records; `nil` while there is none.
  public let leader: Int32?
  /// The brokers that are to have its records, the preferred leader first.
  public let replicas: [Int32]
  /// Those of `replicas` without which no record is acknowledged: the leader waits for each of them.
  public let inSync: [Int32]
}

extension PartitionPlace {
  init(_ partition: rd_kafka_metadata_partition) {
    self.init(
      partition: Partition(partition.id), leader: partition.leader >= 0 ? partition.leader : nil,
      replicas: Array(UnsafeBufferPointer(start: partition.replicas, count: Int(partition.replica_cnt))),
      inSync: Array(UnsafeBufferPointer(start: partition.isrs, count: Int(partition.isr_cnt))))
  }
}
