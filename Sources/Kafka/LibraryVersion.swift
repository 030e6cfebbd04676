internal import CRdkafka
public import Logging

/// The librdkafka that this process runs with (not the one it was built with).
public enum LibraryVersion {
  /// As librdkafka prints it, such as `2.0.2`.
  public static var string: String { String(cString: rd_kafka_version_str()) }

  /// `0xMMmmrrxx`: major, minor, revision, and `ff` for a release.
  public static var number: Int32 { rd_kafka_version() }

  /// Logs the version in use, as a warning below 2.2.0: those mis-skip tagged fields of the protocol, and some newer
  /// brokers refuse them.
  public static func log(to logger: Logger) {
    if number < Limits.soundLibraryVersion {
      logger.warning(
        """
        librdkafka \(string) is older than 2.2.0: it works with the embedded broker and Kafka 3.x, newer brokers may \
        refuse it
        """
      )
    } else {
      logger.info("librdkafka \(string)")
    }
  }
}
