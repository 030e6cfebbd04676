import Kafka
import Secrets

/// Reads what says where the log is: PENSTOCK_KAFKA_BROKERS and PENSTOCK_KAFKA_OPTIONS.
enum KafkaVariables {
  /// The cluster. If it is needed, has librdkafka look at the options, and read the files that they name, which
  /// contacts nobody; also where the broker is the embedded one: its clients get them too.
  static func cluster(from settings: inout Settings, isNeeded: Bool, embedsBroker: Bool) -> ClusterSettings {
    if isNeeded, !embedsBroker { _ = settings.required(.kafkaBrokers) }
    let brokers = settings.value(
      .kafkaBrokers, or: "", expecting: "host:port[,host:port…], with a port for each, as kafka1:9092 or [::1]:9092"
    ) { text in
      let entries = text.split(separator: ",", omittingEmptySubsequences: false).map(broker)
      return entries.contains(nil) ? nil : entries.compactMap { $0 }.joined(separator: ",")
    }
    let none: [String: Secret<String>] = [:]
    let options = settings.value(
      .kafkaOptions, or: none, expecting: "librdkafka settings as name=value, separated by semicolons, each once",
      options)
    let cluster = ClusterSettings(brokers: brokers, options: options)
    guard isNeeded, !options.isEmpty else { return cluster }
    do throws(KafkaError) {
      try ClusterSettings(brokers: "localhost:9092", options: options).check()
    } catch {
      // A file that cannot be read: librdkafka names the setting and not the path, which is no secret.
      let paths = options.filter { $0.key.hasSuffix(".location") && error.reason.contains($0.key) }
        .map { " (\($0.key)=\($0.value.value))" }.sorted()
      settings.refuse("\(Variable.kafkaOptions.rawValue): \(error.reason)\(paths.joined())")
    }
    return cluster
  }

  /// An entry of the list, if it is `host:port`. librdkafka would take a host alone for one at its default port, and
  /// try what is none for ever.
  private static func broker(_ entry: Substring) -> String? {
    let text = entry.trimmingPrefix { $0 == " " }
    guard let address = ListenAddress(String(text)), address.port > 0 else { return nil }
    return address.description
  }

  private static func options(_ text: String) -> [String: Secret<String>]? {
    var options: [String: Secret<String>] = [:]
    for entry in text.split(separator: ";") {
      guard let equals = entry.firstIndex(of: "=") else { return nil }
      let name = String(entry[..<equals].trimmingPrefix { $0.isWhitespace })
      let value = Secret(String(entry[entry.index(after: equals)...]))
      guard options.updateValue(value, forKey: name) == nil else { return nil }
    }
    return options
  }
}
