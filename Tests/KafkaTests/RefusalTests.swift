import Secrets
import Testing

@testable import Kafka

/// A log that lets nobody in is not one that is away.
@Suite(.timeLimit(.minutes(1)))
struct RefusalTests {
  @Test func `a broker that refuses the credentials is said to, in librdkafka's words`() async throws {
    try await withBroker { _, cluster in
      var cluster = cluster
      // The embedded broker takes no credentials.
      cluster.options = [
        "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN", "sasl.username": "me",
        "sasl.password": "hunter2",
      ]
      let error = await #expect(throws: KafkaError.self) {
        try await Topics.ensure(
          cluster: cluster, name: topic, partitions: 1, replication: 1, timeout: .seconds(8), logger: logger)
      }
      #expect(error?.code == .authentication)
      #expect(error?.reason.hasPrefix("the log refuses us: sasl_plaintext://127.0.0.1:") == true)
      #expect(error?.reason.contains("SASL") == true)
      #expect(error?.debugDescription.contains("hunter2") == false)
    }
  }

  @Test func `a broker without TLS is told as the cause of a handshake that fails`() async throws {
    try await withBroker { _, cluster in
      var cluster = cluster
      cluster.options = ["security.protocol": "SSL"]
      // A broker that breaks the connection off before it has read the handshake is told as just that. The next attempt
      // tells the cause, as it does where a service waits.
      var reasons: [String] = []
      repeat {
        let error = await #expect(throws: KafkaError.self) {
          try await Topics.ensure(
            cluster: cluster, name: topic, partitions: 1, replication: 1, timeout: .seconds(8), logger: logger)
        }
        reasons.append(error?.reason ?? "no error")
      } while !(reasons.last?.contains("SSL_HANDSHAKE") ?? false) && reasons.count < 5
      #expect(reasons.last?.contains("SSL_HANDSHAKE") == true, "\(reasons)")
    }
  }

  @Test(arguments: [
    ("acks", "1"), ("enable.idempotence", "true"), ("group.id", "mine"), ("auto.offset.reset", "earliest"),
    ("enable.partition.eof", "true"), ("bootstrap.servers", "elsewhere:1"), ("no.such.setting", "1"),
  ])
  func `a setting that one of the clients does not take is refused before any is made`(
    name: String, value: String
  ) {
    let cluster = ClusterSettings(brokers: "127.0.0.1:1", options: [name: .init(value)])
    let error = #expect(throws: KafkaError.self) { try cluster.check() }
    #expect(error?.code == .configuration)
    #expect(error?.reason.contains(name) == true)
  }

  @Test func `an option's value is not printed`() {
    let cluster = ClusterSettings(brokers: "127.0.0.1:1", options: ["sasl.password": "hunter2"])
    var dumped = ""
    dump(cluster, to: &dumped)
    for text in ["\(cluster)", String(reflecting: cluster), dumped] {
      #expect(!text.contains("hunter2") && text.contains("sasl.password") && text.contains("•••"), "\(text)")
    }
  }
}
