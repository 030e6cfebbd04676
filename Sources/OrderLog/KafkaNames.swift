// What a caller of this module says and hears in Kafka's own words: where the log is, how its clients are tuned, what
// became of a record, and why. The clients themselves, and records as Kafka has them, stay behind this module.
@_exported public import struct Kafka.ClusterSettings
@_exported public import struct Kafka.ConsumerTuning
@_exported public import enum Kafka.Delivery
@_exported public import struct Kafka.DeliveryReport
@_exported public import struct Kafka.KafkaError
@_exported public import struct Kafka.OutgoingRecord
@_exported public import struct Kafka.ProducerTuning
