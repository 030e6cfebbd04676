@testable import Admin
import FlashSale
import Foundation
import HTTPTypes
import HummingbirdTesting
import Postgres
import SaleStore
import Telemetry
import TestSupport
import Testing

/// All orders as CSV and as JSON lines, over HTTP.
@Suite struct ExportTests {
  @Test func `every order is exported once, with its outcome`() async throws {
    try await AdminUnderTest.with { admin, client in
      let sale = try await admin.store.create(.sample())
      let other = try await admin.store.create(.sample("other"))
      try await PlantedRows.with(admin.database) { planted in
        try await planted.progress(0, nextOffset: 1_000_000)
        try await planted.decide(sale, "phone", .confirmed, count: 3)
        try await planted.decide(sale, "phone", .rejected(.soldOut), count: 5_000, from: 3)
        try await planted.decide(other, "phone", .confirmed, count: 9)
      }
      let answer = try await client.get("/admin/api/sales/double11/orders.csv")
      let vector = OffsetVector([0: 1_000_000])
      #expect(answer.status == 200)
      #expect(answer.headers[.contentType] == "text/csv; charset=utf-8; header=present")
      #expect(
        answer.headers[.contentDisposition] == "attachment; filename=\"double11-orders-\(vector).csv\"")
      let lines = answer.text.components(separatedBy: "\r\n")
      #expect(
        lines[0] == "order_id,partition,offset,sku,buyer,quantity,outcome,reason,accepted_at,decided_at,delay_ms,"
          + "state,units_live,amount_minor,currency,refund_due,lines,refused_sku")
      #expect(lines.last == "")
      let orders = lines.dropFirst().dropLast().map { $0.split(separator: ",", omittingEmptySubsequences: false) }
      #expect(orders.count == 5_003)
      #expect(Set(orders.map { $0[0] }).count == 5_003)
      #expect(orders.filter { $0[6] == "confirmed" && $0[7] == "" }.count == 3)
      #expect(orders.filter { $0[6] == "rejected" && $0[7] == "sold_out" }.count == 5_000)
      #expect(Set(orders.filter { $0[6] == "confirmed" }.map { $0[10] }) == ["1.0", "2.0", "3.0"])
    }
  }

  @Test func `whatever a buyer is called, both forms read back, and no cell is a formula`() async throws {
    let buyers = [
      "+86138", "'+86138", "''+86138", "=1+1", "-1", "@a", "'", "''", "a'b", "a\"b", "\"", "\"=1\"", "a,b", "a,=b",
      ";=1", "+", "'=", "alice", "x;=1+1;y", "x;'=1", "x;;@a", "x;a;'", ";", "a;b", "x;-",
    ]
    try await AdminUnderTest.with { admin, client in
      let sale = try await admin.store.create(.sample(items: [(sku: "-phone", stock: 1_000)]))
      try await PlantedRows.with(admin.database) { planted in
        try await planted.progress(0, nextOffset: 1_000_000)
        try await planted.decide(sale, "-phone", .confirmed, count: Int32(buyers.count))
        try await planted.decide(sale, "-phone", .rejected(.soldOut), count: 1, from: 100)
        for (index, buyer) in buyers.enumerated() {
          _ = try await planted.connection.query(
            "UPDATE orders SET buyer = $1 WHERE log_offset = $2", buyer, Int64(index + 1))
        }
      }
      let cells = CSVReader.lines(of: try await client.get("/admin/api/sales/double11/orders.csv").text)
      let jsonLines = try await client.get("/admin/api/sales/double11/orders.jsonl")
      let vector = OffsetVector([0: 1_000_000])
      #expect(jsonLines.headers[.contentType] == "application/x-ndjson")
      #expect(jsonLines.headers[.contentDisposition] == "attachment; filename=\"double11-orders-\(vector).jsonl\"")
      #expect(jsonLines.text.hasSuffix("}\n"))
      let objects = try jsonLines.text.split(separator: "\n").map { line in
        try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      }
      #expect(cells.count == buyers.count + 2)
      #expect(objects.count == buyers.count + 1)
      for (line, object) in zip(cells.dropFirst(), objects) {
        // A spreadsheet ends a cell at a comma, at a semicolon or at a tab, as its language has it.
        let parts = line.flatMap { $0.components(separatedBy: CharacterSet(charactersIn: ";\t")) }
        #expect(parts.allSatisfy { $0.first.map { !"=+-@\t\r".contains($0) } ?? true }, "\(line)")
        #expect(object.count == line.count)
        // The rule that is documented: one apostrophe in front of a cell is ours.
        let values = line.map { value in
          value.components(separatedBy: ";").map { $0.hasPrefix("'") ? String($0.dropFirst()) : $0 }
            .joined(separator: ";")
        }
        for (name, value) in zip(cells[0], values) {
          let other = object[name].map { $0 is NSNull ? "" : "\($0)" }
          if name == "delay_ms" {
            #expect(Double(value) == object[name] as? Double)
          } else if name == "lines" {
            #expect(value == "" && (object[name] as? [Any])?.isEmpty == true)
          } else {
            #expect(other == value, "\(name)")
          }
        }
      }
      let read = Dictionary(uniqueKeysWithValues: objects.map { ($0["offset"] as? Int ?? 0, $0["buyer"] as? String) })
      for (index, buyer) in buyers.enumerated() { #expect(read[index + 1] == buyer) }
      #expect(objects.contains { $0["outcome"] as? String == "rejected" && $0["reason"] as? String == "sold_out" })
      #expect(objects.contains { $0["outcome"] as? String == "confirmed" && $0["reason"] is NSNull })
    }
  }

  @Test func `I11: an export of 200,000 orders waits for its reader`() async throws {
    try await AdminUnderTest.listening { admin, port in
      let sale = try await admin.store.create(.sample())
      try await PlantedRows.with(admin.database) { planted in
        try await planted.progress(0, nextOffset: 1_000_000)
        try await planted.decide(sale, "phone", .rejected(.soldOut), count: 200_000)
      }
      let client = try await RawClient.connect(host: "127.0.0.1", port: port, receiveBuffer: 64 << 10)
      // HTTP/1.0, so that what comes behind the head is the file.
      try await client.send(
        """
        GET /admin/api/sales/double11/orders.csv HTTP/1.0\r\nHost: localhost\r\n\
        Authorization: Bearer \(AdminUnderTest.token)\r\n\r\n
        """)
      // Nothing is read until the server has stopped too: what it read by then is what it and the kernel hold.
      #expect(try await eventually { try exported(admin) > 0 })
      let held = try await settled { try exported(admin) }
      #expect(held < 100_000)
      #expect(try await client.answer().status == 200)
      #expect(try await client.rest().count { $0 == UInt8(ascii: "\n") } == 200_001)
      #expect(try exported(admin) == 200_000)
    }
  }

  @Test func `an export is as of its vector, with a mark for Excel where it is wanted`() async throws {
    try await AdminUnderTest.with { admin, client in
      let sale = try await admin.store.create(.sample())
      try await PlantedRows.with(admin.database) { planted in
        try await planted.progress(0, nextOffset: 4)
        try await planted.decide(sale, "phone", .confirmed, count: 5)
        let path = "/admin/api/sales/double11/orders.csv"
        let first = try await client.get(path)
        let vector = try #require(first.headers[HTTPField.Name("Penstock-As-Of")!])
        // The fourth order stands at offset 4, which is not decided as of the vector.
        #expect(first.text.split(separator: "\r\n").count == 4)
        #expect(try await client.get("/admin/api/sales/double11/report").string("as_of") == vector)
        _ = try await planted.connection.query("UPDATE partition_progress SET next_offset = 6")
        #expect(try await client.get(path).text.split(separator: "\r\n").count == 6)
        #expect(try await client.get("\(path)?as_of=\(vector)").text == first.text)
        let marked = try await client.get("\(path)?as_of=\(vector)&bom=true")
        #expect(marked.text == "\u{FEFF}" + first.text)
        let ahead = OffsetVector([0: 7])
        for query in ["as_of=\(ahead)", "as_of=\(vector.dropLast())", "as_of=", "bom=maybe"] {
          let answer = try await client.get("\(path)?\(query)")
          #expect(answer.status == 400 && answer.string("code") == "invalid_parameter", "\(query)")
        }
      }
    }
  }

  @Test func `a log and a job's result that cannot be read to their ends say so, and the answer is cut`() async throws {
    try await AdminUnderTest.listening { admin, port in
      let sale = try await admin.store.create(.sample())
      let connection = try await admin.database.connect()
      // What a later version wrote stands behind the first page.
      _ = try await connection.query(
        """
        INSERT INTO admin_log (number, at, who, action, subject, why, address, hash)
        SELECT n, now(), 'mia', CASE n WHEN 10 THEN 'of.tomorrow' ELSE 'sale.change' END, 'double11', '', '',
          decode(repeat('00', 32), 'hex') FROM generate_series(1, 150) AS n
        """)
      _ = try await connection.query("UPDATE admin_log_head SET number = 150")
      _ = try await connection.query(
        """
        WITH job AS (
          INSERT INTO bulk_jobs (sale, action, search, as_of, started_by, because)
          VALUES ($1, 'cancel', '', $2, 'mia', 'recall') RETURNING id
        )
        INSERT INTO bulk_items (job, number, order_id, command_id, sku)
        SELECT job.id, n, gen_random_uuid(), n, CASE n WHEN 600 THEN 'no SKU' ELSE 'phone' END
        FROM job, generate_series(0, 700) AS n
        """, sale.number.rawValue, "\(OffsetVector([:]))")
      await connection.close()
      for (path, lines) in [("log.csv", 100), ("jobs/1/result.csv", 500)] {
        let client = try await RawClient.connect(host: "127.0.0.1", port: port, receiveBuffer: 64 << 10)
        try await client.send(
          """
          GET /admin/api/\(path) HTTP/1.1\r\nHost: localhost\r\n\
          Authorization: Bearer \(AdminUnderTest.token)\r\n\r\n
          """)
        let text = String(decoding: try await client.rest(), as: UTF8.self)
        #expect(text.contains(CSVFile.notWhole), "\(path)")
        #expect(!text.hasSuffix("0\r\n\r\n"), "\(path)")
        #expect(text.matches(of: /\r\n[0-9]+,/).count >= lines, "\(path)")
      }
    }
  }

  @Test(arguments: ["csv", "jsonl"])
  func `a file that lacks orders says so in its last line, and the answer is cut`(form: String) async throws {
    try await AdminUnderTest.listening { admin, port in
      let sale = try await admin.store.create(.sample())
      try await PlantedRows.with(admin.database) { planted in
        try await planted.progress(0, nextOffset: 1_000_000)
        try await planted.decide(sale, "phone", .rejected(.soldOut), count: 150_000)
        let client = try await RawClient.connect(host: "127.0.0.1", port: port, receiveBuffer: 64 << 10)
        try await client.send(
          """
          GET /admin/api/sales/double11/orders.\(form) HTTP/1.1\r\nHost: localhost\r\n\
          Authorization: Bearer \(AdminUnderTest.token)\r\n\r\n
          """)
        #expect(try await eventually { try exported(admin) > 0 })
        _ = try await settled { try exported(admin) }
        _ = try await planted.connection.query("ALTER TABLE orders RENAME TO orders_away")
        let text = String(decoding: try await client.rest(), as: UTF8.self)
        let last = text.split(whereSeparator: \.isNewline).last { $0.contains("whole") || $0.contains("WHOLE") }
        #expect(
          last
            == (form == "csv"
              ? "#NOT WHOLE: the database failed on the way and lines are missing. Export again."
              : #"{"error":"not_whole","detail":"The database failed on the way. Export again."}"#))
        // The last chunk would be empty.
        #expect(!text.hasSuffix("0\r\n\r\n"))
      }
    }
  }

  /// 0 before anything was.
  private func exported(_ admin: AdminUnderTest) throws -> Int {
    let line = admin.metrics.text().split(separator: "\n")
      .first { $0.hasPrefix("penstock_admin_exported_orders_total ") }
    guard let line else { return 0 }
    return try #require(Int(line.split(separator: " ")[1]))
  }

  /// A number once it was the same on 20 looks, 10 ms apart.
  private func settled(_ number: () throws -> Int) async throws -> Int {
    var last = try number()
    var looks = 0
    while looks < 20 {
      try await Task.sleep(for: .milliseconds(10))
      let now = try number()
      looks = now == last ? looks + 1 : 0
      last = now
    }
    return last
  }
}

/// Reads CSV as RFC 4180 has it.
private enum CSVReader {
  static func lines(of text: String) -> [[String]] {
    var lines: [[String]] = []
    var line = [""]
    var isQuoted = false
    var scalars = text.unicodeScalars[...]
    while let scalar = scalars.popFirst() {
      switch scalar {
      case "\"" where isQuoted && scalars.first == "\"":
        scalars.removeFirst()
        line[line.endIndex - 1].unicodeScalars.append(scalar)
      case "\"": isQuoted.toggle()
      case "," where !isQuoted: line.append("")
      case "\r" where !isQuoted && scalars.first == "\n":
        scalars.removeFirst()
        lines.append(line)
        line = [""]
      default: line[line.endIndex - 1].unicodeScalars.append(scalar)
      }
    }
    return lines
  }
}
