/// `1234567` as `1,234,567`.
public func grouped(_ value: Int) -> String {
  var digits = String(value.magnitude)
  var groups: [String] = []
  while digits.count > 3 {
    groups.append(String(digits.suffix(3)))
    digits.removeLast(3)
  }
  groups.append(digits)
  return (value < 0 ? "-" : "") + groups.reversed().joined(separator: ",")
}

/// With so many digits after the point.
public func fixed(_ value: Double, _ digits: Int) -> String {
  var scale = 1
  for _ in 0..<digits { scale *= 10 }
  let scaled = Int((abs(value) * Double(scale)).rounded())
  let fraction = String(scaled % scale)
  let whole = (value < 0 && scaled > 0 ? "-" : "") + grouped(scaled / scale)
  return digits == 0 ? whole : whole + "." + String(repeating: "0", count: digits - fraction.count) + fraction
}

/// Microseconds as milliseconds, with as many digits as they are worth.
public func milliseconds(_ microseconds: UInt64) -> String {
  let value = Double(microseconds) / 1_000
  return fixed(value, value < 10 ? 2 : value < 100 ? 1 : 0) + " ms"
}

/// A share as a percentage.
public func percent(_ part: Int, of whole: Int) -> String {
  whole > 0 ? fixed(100 * Double(part) / Double(whole), 1) + " %" : "–"
}
