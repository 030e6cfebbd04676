import Benchmark
import FlashSale

// What one order costs the domain, step by step; a figure is of one order. Allocations and instructions are counted
// elsewhere (`make bench`, group `instructions`), over whole processes.
let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = .init(
    metrics: [.wallClock, .cpuTotal, .throughput], warmupIterations: 10, scalingFactor: .kilo,
    maxDuration: .seconds(2), maxIterations: 10_000)

  onRequests()
  onRecords()
  onDecisions()
}

/// What intake does with each request.
private func onRequests() {
  Benchmark("parse and validate a request") { benchmark in
    let body = Array(#"{"sku":"phone","quantity":1}"#.utf8)
    for _ in benchmark.scaledIterations {
      blackHole(try body.withUnsafeBytes { bytes in try OrderRequest(parsing: bytes) })
      blackHole(try BuyerID(validating: "buyer-1234567"))
      blackHole(try IdempotencyKey(validating: "5f1c9a4e-7f0b-4c1e-9d61-0f4f5f6f7f8f"))
    }
  }

  Benchmark("order id (SHA-256)") { benchmark in
    let order = try SampleOrder()
    for _ in benchmark.scaledIterations {
      blackHole(OrderID(sale: order.number, buyer: order.buyer, key: order.key))
    }
  }

  Benchmark("record key → partition (murmur2)") { benchmark in
    let key = RecordKey(sale: try SampleOrder().sale, sku: try SampleOrder().sku)
    for _ in benchmark.scaledIterations { blackHole(key.partition(of: 12)) }
  }

  Benchmark("sign a ticket") { benchmark in
    let order = try SampleOrder()
    for _ in benchmark.scaledIterations {
      blackHole(order.signer.sign(order.ticket, order: order.id, buyer: order.buyer))
    }
  }

  Benchmark("check a ticket") { benchmark in
    let order = try SampleOrder()
    let text = order.signer.sign(order.ticket, order: order.id, buyer: order.buyer)
    for _ in benchmark.scaledIterations {
      blackHole(order.signer.verify(text, order: order.id, buyer: order.buyer))
    }
  }
}

/// The same record on its way into the log, and out of it.
private func onRecords() {
  Benchmark("encode a record") { benchmark in
    let record = LogRecord.place(try SampleOrder().request)
    for _ in benchmark.scaledIterations { blackHole(record.encoded()) }
  }

  Benchmark("decode a record") { benchmark in
    let bytes = LogRecord.place(try SampleOrder().request).encoded()
    for _ in benchmark.scaledIterations {
      blackHole(try bytes.withUnsafeBytes { bytes in try LogRecord(decoding: bytes) })
    }
  }
}

/// What a lane does with a batch of one hot SKU.
private func onDecisions() {
  for (name, share) in [("stock for 1 %", 0.01), ("all win", 1)] {
    let configuration = Benchmark.Configuration(warmupIterations: 3, scalingFactor: .one)
    Benchmark("decide \(SampleBatch.records) records: \(name)", configuration: configuration) { benchmark in
      let batch = try SampleBatch(stockShare: share)
      benchmark.startMeasurement()
      var state = batch.state
      var effects = Effects()
      for (offset, record) in batch.records.enumerated() {
        decide(&state, record, at: Offset(Int64(offset)), into: &effects)
      }
      blackHole(effects)
      benchmark.stopMeasurement()
    }
  }
}
