import Foundation
import HTTPServing
import NIOCore
import Testing

struct JSONWriterTests {
  @Test func `whatever a value holds, JSON that is written can be read`() throws {
    let awkward = "\u{0}\u{1F}\"\\/\u{7F}双十一😀\n"
    var json = JSONWriter(ByteBuffer())
    json.field("text", awkward)
    json.field("none", orNull: Int?.none)
    json.array("list", of: [1, 2]) { json, number in
      json.field("number", number)
      json.array("inner", of: [Int]()) { _, _ in }
      json.field("yes", true)
    }
    json.field("last", Int64.min)
    let text = String(buffer: json.finish())
    let read = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(read["text"] as? String == awkward)
    #expect(read["none"] is NSNull)
    #expect((read["list"] as? [[String: Any]])?.compactMap { $0["number"] as? Int } == [1, 2])
    #expect(read["last"] as? Int64 == .min)
  }

  @Test func `a number has its digits, whatever its length`() {
    var bytes = ByteBuffer()
    var expected = ""
    var power = UInt64(1)
    for _ in 0..<20 {
      for number in [power - 1, power, power + 1] {
        bytes.writeDecimal(number)
        expected += "\(number)"
      }
      power &*= 10
    }
    for number in [Int64.min, -1, .max] {
      bytes.writeDecimal(number)
      expected += "\(number)"
    }
    bytes.writeDecimal(UInt64.max)
    #expect(String(buffer: bytes) == expected + "\(UInt64.max)")
  }
}
