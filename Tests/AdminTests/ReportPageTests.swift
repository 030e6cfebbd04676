@testable import Admin
import FlashSale
import Foundation
import HTTPTypes
import HummingbirdTesting
import SaleStore
import Testing
import Time

/// The report's page, with the store behind it.
@Suite struct ReportPageTests {
  private static let opening: Int64 = 1_762_800_000

  @Test func `a sale of seconds is shown by 100 ms, and zooms by links`() async throws {
    try await AdminUnderTest.with { admin, client in
      let sale = try await admin.store.create(.sample())
      try await PlantedRows.with(admin.database) { planted in
        for second in 0..<6 {
          let (at, from) = (Self.opening + Int64(second), Int64(second) * 1_000)
          try await planted.decide(sale, "phone", .confirmed, count: 10, from: from, at: at)
          try await planted.decide(sale, "phone", .rejected(.soldOut), count: 90, from: from + 500, at: at)
        }
        try await planted.quarantine(sale, count: 2, at: Self.opening + 3)
      }
      let page = try await client.get("/admin/sales/double11").text
      #expect(page.contains("decisions per 100 ms"))
      let first = "\(Timestamp(microseconds: Self.opening * 1_000_000).timeToTheTenth)"
      #expect(page.contains("<tr><th scope=\"row\">\(first)</th><td>10</td><td>90</td><td>0</td></tr>"))
      #expect(page.contains("Orders by their time from acceptance to decision"))
      let link = try #require(page.firstMatch(of: /href="(\/admin\/sales\/double11\?from=[^"#]+)#timeline"/))
      let part = try await client.get(String(link.output.1).replacing("&amp;", with: "&"))
      #expect(part.status == 200)
      #expect(part.text.contains("all of it"))
      #expect(!part.text.contains("http-equiv=\"refresh\""), "a part stays as it was chosen")
      #expect(part.text.contains("The chart is of the part shown above."))
    }
  }

  @Test(arguments: ["from=x&to=y", "from=2025-11-11T00:00:00Z", "with=no%20id", "with=unknown"])
  func `what cannot be shown is refused with a page`(_ query: String) async throws {
    try await AdminUnderTest.with { admin, client in
      _ = try await admin.store.create(.sample())
      let answer = try await client.get("/admin/sales/double11?\(query)")
      #expect(answer.status == (query == "with=unknown" ? 404 : 400))
      #expect(answer.headers[.contentType] == "text/html; charset=utf-8")
    }
  }

  @Test func `a sale is compared with an earlier one, number by number`() async throws {
    try await AdminUnderTest.with { admin, client in
      let earlier = try await admin.store.create(.sample("earlier", name: "Earlier <sale>"))
      let sale = try await admin.store.create(.sample())
      try await PlantedRows.with(admin.database) { planted in
        try await planted.decide(earlier, "phone", .confirmed, count: 10)
        try await planted.tally(earlier, requests: 10)
        try await planted.decide(sale, "phone", .confirmed, count: 15)
        try await planted.tally(sale, requests: 15)
      }
      let page = try await client.get("/admin/sales/double11?with=earlier").text
      #expect(
        page.contains("<tr><th scope=\"row\">confirmed</th><td>15</td><td>10</td><td>+50.0 %</td></tr>"))
      #expect(page.contains("Earlier &lt;sale&gt;"))
      #expect(!page.contains("id=\"with\""))
      #expect(try await client.get("/admin/sales/double11").text.contains("id=\"with\""))
    }
  }

  @Test func `the report is one file that needs nothing else`() async throws {
    try await AdminUnderTest.with { admin, client in
      let sale = try await admin.store.create(.sample())
      try await PlantedRows.with(admin.database) { planted in
        try await planted.decide(sale, "phone", .confirmed, count: 10)
      }
      let file = try await client.get("/admin/sales/double11/report.html")
      #expect(file.status == 200)
      #expect(file.headers[.contentDisposition] == "attachment; filename=\"double11-report.html\"")
      #expect(file.text.contains("@media print"))
      for outward in ["src=", "<script", "http-equiv=\"refresh\"", "<form", "rel=\"stylesheet\"", "href=\"/admin/api"] {
        #expect(!file.text.contains(outward), "\(outward)")
      }
      #expect(try await client.get("/admin/sales/none/report.html").status == 404)
    }
  }
}
