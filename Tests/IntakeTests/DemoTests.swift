import FlashSale
import Foundation
import TestSupport
import Testing

@testable import Intake

/// The buyer's page is for development, and nowhere else.
struct DemoTests {
  @Test func `no word of the page lacks a language`() {
    for word in DemoWords.allCases {
      let (english, chinese) = (word(.english), word(.chinese))
      // A word without texts would show its name in the source.
      #expect(english != word.rawValue || chinese != word.rawValue, "\(word)")
      #expect(chinese.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) }, "\(word)")
      #expect(
        !english.isEmpty && english.unicodeScalars.allSatisfy { !(0x4E00...0x9FFF).contains($0.value) }, "\(word)")
      func values(_ text: String) -> Set<String> { Set(text.matches(of: /\{[0-9]\}/).map { String($0.output) }) }
      #expect(values(english) == values(chinese), "\(word)")
    }
  }

  @Test func `the buyer's page and all that it loads come from here, under a strict policy`() async throws {
    try await RunningIntake.with(sales: [try .open("demo")], { $0.configure = { $0.servesDemo = true } }) { intake in
      let page = try await intake.get("/demo")
      #expect(page.status == 200 && page.headers["content-type"] == "text/html; charset=utf-8")
      let policy = try #require(page.headers["content-security-policy"])
      #expect(policy.hasPrefix("default-src 'none'") && !policy.contains("unsafe"))
      #expect(!page.text.contains(" style=") && !page.text.contains("onclick"))
      let loaded = page.text.matches(of: /(?:src|href)="(\/[^"]+)"/).map { String($0.output.1) }
      #expect(loaded == ["/demo/demo.css", "/demo/draw.js", "/demo/demo.js"])
      for path in loaded {
        let part = try await intake.get(path)
        #expect(part.status == 200 && !part.body.isEmpty, "\(path)")
        #expect(!part.text.contains("http://") && !part.text.contains("https://"), "no external request: \(path)")
      }
      // Whatever the script asks for by its id is on the page.
      let script = try await intake.get("/demo/demo.js").text
      let asked = Set(script.matches(of: /\$\("([a-z-]+)"\)/).map { String($0.output.1) })
      for id in asked { #expect(page.text.contains("id=\"\(id)\""), "\(id)") }
    }
  }

  @Test func `the page speaks the language that is asked for, and then that of the browser`() async throws {
    try await RunningIntake.with(sales: [try .open("demo")], { $0.configure = { $0.servesDemo = true } }) { intake in
      func ask(_ path: String, _ languages: String) -> String {
        "GET \(path) HTTP/1.1\r\nHost: test\r\nAccept-Language: \(languages)\r\n\r\n"
      }
      let chinese = "<html lang=\"zh-Hans\">"
      #expect(try await intake.get("/demo").text.contains("<html lang=\"en\">"))
      #expect(try await intake.get("/demo?lang=zh-Hans").text.contains(chinese))
      let asked = try await intake.send(ask("/demo", "fr, zh-CN;q=0.9, en;q=0.8"))
      #expect(asked.text.contains(chinese) && asked.text.contains("进入等候室"))
      #expect(asked.headers["vary"] == "Accept-Language")
      let chosen = try await intake.send(ask("/demo?lang=en", "zh"))
      #expect(chosen.text.contains("Join the room") && chosen.text.contains("hreflang=\"zh-Hans\""))
      // Every text that the scripts ask for is in the table.
      let scripts = try await intake.get("/demo/demo.js").text + intake.get("/demo/draw.js").text
      let table = try #require(asked.text.firstMatch(of: /type="application\/json">(.*)<\/script>/)).output.1
      for word in scripts.matches(of: /text\("([a-zA-Z]+)"/) { #expect(table.contains("\"\(word.output.1)\":")) }
    }
  }

  @Test func `there is no such page where nobody asked for it, or where it is said who may name the buyer`()
    async throws
  {
    let shop = try SharedToken("a-token-of-a-shop-for-tests")
    let changes: [(inout IntakeConfiguration) -> Void] = [
      { _ in },
      { configuration in
        configuration.servesDemo = true
        configuration.shop = shop
      },
      { configuration in
        configuration.servesDemo = true
        configuration.identification.gateways = []
      },
    ]
    for change in changes {
      try await RunningIntake.with(sales: [try .open("demo")], { $0.configure = change }) { intake in
        for path in ["/demo", "/demo/demo.js", "/demo/draw.js", "/demo/demo.css"] {
          let answer = try await intake.get(path)
          #expect(answer.status == 404, "\(path)")
        }
      }
    }
  }
}
