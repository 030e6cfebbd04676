import FlashSale
import Foundation
import Intake
import Postgres
import ServiceLifecycle
import TestSupport
import Testing

struct EventStreamTests {
  private static let quick: @Sendable (inout IntakeConfiguration) -> Void = {
    $0.watching.placeInterval = .milliseconds(100)
    $0.watching.heartbeat = .milliseconds(300)
    $0.watching.askAgain = .milliseconds(100)
  }

  @Test func `a stream tells the place as it changes, then the outcome, and ends`() async throws {
    try await RunningIntake.with(sales: [try .open()]) {
      $0.configure = Self.quick
    } _: { intake in
      var order = try await WatchedOrder(intake)
      for place in 1...3 { order = try await WatchedOrder(intake, buyer: "b\(place)", at: Int64(place)) }
      let (client, head) = try await order.watch(order.events)
      #expect(head.status == 200)
      #expect(head.headers["content-type"] == "text/event-stream")
      #expect(head.headers["cache-control"] == "no-store")
      #expect(head.headers["x-accel-buffering"] == "no")
      #expect(head.headers["transfer-encoding"] == "chunked")
      let opening = try await client.received(upTo: "}\n\n")
      #expect(opening.contains(/retry: [0-9]{4,5}\n\n/))
      #expect(opening.contains("id: 0\nevent: position\ndata: {\"order_id\":\"\(order.id)\",\"status\":\"queued\""))
      #expect(opening.contains(#""position":3"#))
      #expect(try await client.received(upTo: "\r\n3\r\n:\n\n\r\n").contains("event") == false)
      try await intake.decideUp(to: 2)
      #expect(try await client.received(upTo: "}\n\n").contains(#""position":1"#))
      try await order.decide()
      try await intake.decideUp(to: 4)
      let outcome = try await client.received(upTo: "}\n\n")
      #expect(outcome.contains("id: outcome\nevent: outcome\n"))
      #expect(outcome.contains(#""status":"confirmed""#))
      // The answer ends, and the connection is there for the next request.
      _ = try await client.received(upTo: "0\r\n\r\n")
      try await client.send("GET /v1/sales HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await client.answer().status == 200)
    }
  }

  @Test func `who comes back hears no larger place, and who has heard the outcome is told to stop`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      let order = try await WatchedOrder(intake)
      for (last, place) in [("", 0), ("x", 0), ("-1", 0), ("99999999999999999999", 0)] {
        let (client, _) = try await order.watch(order.events, fields: "Last-Event-ID: \(last)\r\n")
        #expect(try await client.received(upTo: "}\n\n").contains("\"position\":\(place)"))
        client.close()
      }
      let second = try await WatchedOrder(intake, at: 1)
      let third = try await WatchedOrder(intake, at: 2)
      #expect(second.id != third.id)
      let (ahead, _) = try await third.watch(third.events, fields: "Last-Event-ID: 1\r\n")
      #expect(try await ahead.received(upTo: "}\n\n").contains(#""position":1"#))
      // More than there is: its own place is the first one.
      let (liar, _) = try await third.watch(third.events, fields: "Last-Event-ID: 77\r\n")
      #expect(try await liar.received(upTo: "}\n\n").contains(#""position":0"#))
      let (client, stop) = try await order.watch(order.events, fields: "Last-Event-ID: outcome\r\n")
      #expect(stop.status == 204)
      #expect(stop.headers["content-length"] == nil)
      try await client.send("GET /v1/sales HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await client.answer().status == 200)
    }
  }

  @Test func `what is no stream is refused as the status is, before anything is sent`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      let order = try await WatchedOrder(intake)
      let events = "\(order.location)/events"
      #expect(try await intake.get(events).code == "order_not_found")
      #expect(try await intake.get(order.events, buyer: "bob").code == "bad_ticket")
      #expect(try await intake.get(order.events, buyer: nil).status == 401)
      #expect(try await intake.get("\(events)?ticket=\(order.ticket.dropLast())").code == "bad_ticket")
      #expect(try await intake.get("\(events)?ticket=\(String(repeating: "A", count: 10_000))").status == 431)
      #expect(try await intake.get("\(order.events)&wait=5s").code == "invalid_parameter")
      #expect(try await intake.get("/v1/orders/nope/events").code == "order_not_found")
      #expect(try await intake.get("/v1/orders/00000009-5b9c-8e1f-a2d4-0c6a1f7e93b5/events").code == "order_not_found")
      let head = try await intake.send("HEAD \(order.events) HTTP/1.1\r\nHost: a\r\nX-Buyer-Id: alice\r\n\r\n")
      #expect(head.status == 200)
      #expect(head.headers["content-type"] == "text/event-stream")
      #expect(try await intake.send("POST \(order.events) HTTP/1.1\r\nHost: a\r\n\r\n").status == 405)
      try await order.decide(outcome: 5)
      try await intake.decideUp(to: 1)
      // Decided, it is told without a ticket too.
      let (client, answer) = try await order.watch(events)
      #expect(answer.status == 200)
      #expect(try await client.received(upTo: "0\r\n\r\n").contains(#""reason":"sold_out""#))
    }
  }

  @Test func `a stream passes HTTP 1-0 up to the connection's end, and requests of any form`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      let order = try await WatchedOrder(intake)
      let (old, head) = try await order.watch(order.events, version: "HTTP/1.0")
      #expect(head.headers["transfer-encoding"] == nil)
      #expect(head.headers["connection"] == "close")
      let cookie = "Cookie: \(String(repeating: "c", count: 6_000))\r\nContent-Length: 3\r\n"
      let client = try await intake.connect()
      try await client.send(
        "GET \(order.events.replacing("orders", with: "%6frders")) HTTP/1.1\r\nHost: a\r\nX-Buyer-Id: alice\r\n"
          + cookie + "\r\nabcGET /v1/sales HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await client.answer().status == 200)
      try await order.decide()
      try await intake.decideUp(to: 1)
      #expect(String(decoding: try await old.rest(), as: UTF8.self).hasSuffix("}\n\n"))
      #expect(try await client.received(upTo: "0\r\n\r\n").contains("confirmed"))
      #expect(try await client.answer().text.contains(#""sales":["#))
    }
  }

  @Test func `a halted partition is said once, a quarantined order is told, a lost one is not made up`() async throws {
    try await RunningIntake.with(sales: [try .open()]) {
      $0.configure = Self.quick
    } _: { intake in
      let bad = try await WatchedOrder(intake)
      let lost = try await WatchedOrder(intake, buyer: "bob", at: 1)
      try await intake.decideUp(to: 0)
      let connection = try await intake.database.connect()
      let (first, _) = try await bad.watch(bad.events)
      let (second, _) = try await lost.watch(lost.events)
      _ = try await connection.query(
        "UPDATE partition_progress SET halted_reason = 'a test' WHERE topic = $1",
        RunningIntake.topic)
      let halted = try await first.received(upTo: "event: halted\n")
      #expect(halted.contains("event: position"))
      _ = try await first.received(upTo: "}\n\n")
      #expect(try await first.received(upTo: ":\n\n").contains("halted") == false)
      _ = try await connection.query(
        "INSERT INTO quarantined_records (topic, partition, log_offset, error) VALUES ($1, 0, 0, 'a test')",
        RunningIntake.topic)
      await connection.close()
      try await intake.decideUp(to: 2)
      #expect(try await first.received(upTo: "0\r\n\r\n").contains(#""status":"quarantined""#))
      let problem = try await second.received(upTo: "0\r\n\r\n")
      #expect(problem.contains("event: problem\n"))
      #expect(problem.contains(#""code":"outcome_unknown""#))
    }
  }

  @Test func `on shutdown a stream is told to come back, and ends`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      let order = try await WatchedOrder(intake)
      let (client, _) = try await order.watch(order.events)
      _ = try await client.received(upTo: "}\n\n")
      await intake.group.triggerGracefulShutdown()
      let end = try await client.received(upTo: "0\r\n\r\n")
      #expect(end.contains(/event: reconnect\ndata: {"retry_after_ms":[0-9]+}/))
      #expect(try await client.isEnded())
    }
  }

  @Test func `I11 past the limit streams are refused, none is put out, and who leaves makes room`() async throws {
    try await RunningIntake.with(sales: [try .open()]) {
      $0.configure = {
        $0.connections = 16
        $0.eventLoops = 1
      }
    } _: { intake in
      let order = try await WatchedOrder(intake)
      var open: [RawClient] = []
      for _ in 0..<12 { open.append(try await order.watch(order.events).0) }
      for _ in 0..<40 {
        let (refused, answer) = try await order.watch(order.events)
        #expect(answer.status == 503)
        #expect(answer.code == "busy")
        #expect(answer.headers["retry-after"] != nil)
        refused.close()
      }
      // One that closes, and one that ends its half.
      open.removeLast().close()
      open.removeLast().finishSending()
      #expect(
        try await eventually {
          let (client, answer) = try await order.watch(order.events)
          if answer.status == 200 { open.append(client) } else { client.close() }
          return open.count == 12
        })
      try await order.decide()
      try await intake.decideUp(to: 1)
      for client in open { #expect(try await client.received(upTo: "0\r\n\r\n").contains("confirmed")) }
    }
  }
}
