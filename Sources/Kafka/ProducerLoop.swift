internal import CRdkafka
internal import Logging

/// The producer's thread: takes reports, replaces the client after a fatal error, and shuts it down.
struct ProducerLoop: Sendable {
  let core: ProducerCore
  let makeClient: @Sendable () throws(KafkaError) -> ProducerClient

  func run() {
    var silence = ReportSilence(now: .now)
    while let client = core.client {
      let served = serve(client, for: Limits.threadTick)
      if silence.isLong(heard: served.reports > 0 || client.outstanding == 0, now: .now) {
        core.logger.debug("no report has come for a while: every broker is addressed")
        client.addressEveryBroker()
      }
      if let deadline = core.shutdownDeadline {
        return finish(client, deadline: deadline)
      }
      if let error = client.fatalError {
        core.logger.warning("the producer failed and is replaced: \(error.debugDescription)")
        replace(client)
      }
    }
  }

  /// What an event was about.
  private struct Served {
    var reports = 0
    /// Reports that say so.
    var unknown = 0
  }

  /// Waits for one event, at most `timeout`, and handles it.
  private func serve(_ client: ProducerClient, for timeout: Duration) -> Served {
    guard let event = rd_kafka_queue_poll(client.mainQueue, timeout.milliseconds) else { return Served() }
    defer { rd_kafka_event_destroy(event) }
    switch rd_kafka_event_type(event) {
    case RD_KAFKA_EVENT_DR:
      return report(event)
    case RD_KAFKA_EVENT_ERROR:
      // Informational but for a fatal one, which the loop asks for: "errors are … handled by librdkafka" (rdkafka.h).
      let error = KafkaError(rd_kafka_event_error(event), String(cString: rd_kafka_event_error_string(event)))
      core.logger.log(level: error.logLevel, "\(error.debugDescription)")
      return Served()
    default:
      return Served()
    }
  }

  private func report(_ event: OpaquePointer) -> Served {
    var reports: [DeliveryReport] = []
    reports.reserveCapacity(rd_kafka_event_message_count(event))
    var served = Served()
    // "Call rd_kafka_event_message_next() until it returns NULL"; the messages are the event's and go with it.
    while let message = rd_kafka_event_message_next(event) {
      let delivery = Delivery(message)
      served.reports += 1
      if case .unknown = delivery { served.unknown += 1 }
      let tag = UInt64(UInt(bitPattern: message.pointee._private))
      if tag > Limits.producerTagMax {
        core.deliver(delivery, toSender: tag)
      } else {
        reports.append(DeliveryReport(tag: tag, delivery: delivery))
      }
    }
    if !reports.isEmpty { core.onReports(reports) }
    return served
  }

  /// Serves until nothing is outstanding, then gives up what is left.
  ///
  /// - Returns: how many records it reported unknown.
  private func drain(_ client: ProducerClient, until deadline: ContinuousClock.Instant) -> Int {
    core.stopAccepting()
    var unknown = 0
    while client.outstanding > 0, .now < deadline {
      unknown += serve(client, for: min(Limits.threadTick, deadline - .now)).unknown
    }
    guard client.outstanding > 0 else { return unknown }
    client.giveUp()
    let last = ContinuousClock.now + Limits.producerPurgeGrace
    while client.outstanding > 0, .now < last {
      unknown += serve(client, for: Limits.threadTick).unknown
    }
    if client.outstanding > 0 {
      core.logger.critical("librdkafka gave no report for \(client.outstanding) records")
    }
    return unknown
  }

  /// Ends with a new client, or with a shutdown.
  private func replace(_ failed: ProducerClient) {
    _ = drain(failed, until: .now + Limits.producerFatalDrain)
    core.retire()
    while true {
      do throws(KafkaError) {
        return core.open(try makeClient())
      } catch {
        core.logger.error("no new producer could be made: \(error.debugDescription)")
      }
      if core.shutdownDeadline != nil {
        return core.finishShutdown(unknown: 0)
      }
      DedicatedThread.sleep(Limits.producerRebuildPause)
    }
  }

  private func finish(_ client: ProducerClient, deadline: ContinuousClock.Instant) {
    let unknown = drain(client, until: deadline)
    core.retire()
    core.finishShutdown(unknown: unknown)
  }
}
