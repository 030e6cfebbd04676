internal import Logging
public import Secrets
public import Vitals

/// Which cluster to talk to, and how to authenticate.
public struct ClusterSettings: Sendable {
  /// `host:port`, comma-separated; one that answers is enough to find the others.
  public var brokers: String

  /// Further librdkafka settings by their own names (`security.protocol`, `sasl.username`, `ssl.ca.location`, …).
  ///
  /// A client refuses, with `configuration` naming the setting, one that librdkafka does not know, one with an invalid
  /// value, and one that the client sets itself: acknowledgements, offsets and timeouts are part of what this module
  /// promises. The values are secrets, as passwords are among them.
  public var options: [String: Secret<String>]

  /// Where clients note what they wait for.
  public var waits = Waits()

  /// Describes a cluster; nothing is contacted or checked before a client is made of it.
  public init(brokers: String, options: [String: Secret<String>] = [:]) {
    self.brokers = brokers
    self.options = options
  }
}

extension ClusterSettings {
  /// Has librdkafka take the settings, as each kind of client makes them. Contacts nobody.
  ///
  /// Throws `configuration` naming the setting that librdkafka or a client refuses.
  public func check() throws(KafkaError) {
    let silent = Logger(label: "kafka", factory: { _ in SwiftLogNoOpLogHandler() })
    _ = try ClientHandle(.producer, cluster: self, fixed: ProducerTuning().settings, events: 0, logger: silent)
    let consumer = ConsumerTuning().settings(group: "none") + LogReader.ending
    _ = try ClientHandle(.consumer, cluster: self, fixed: consumer, events: 0, logger: silent)
  }
}

/// A topic's name as Kafka allows it.
///
/// Checked before librdkafka sees it: there, a subscription that starts with `^` is a regular expression.
enum TopicName {
  static func check(_ name: String) throws(KafkaError) {
    let legal = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
    guard legal, !name.isEmpty, name != ".", name != "..", name.utf8.count <= Limits.topicNameLength else {
      throw KafkaError(.configuration, subject: "topic name", detail: name)
    }
  }
}
