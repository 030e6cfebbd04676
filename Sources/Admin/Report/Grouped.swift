extension BinaryInteger {
  /// With a comma between thousands, as `1,234,567`.
  var grouped: String {
    let digits = String(magnitude)
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
      text.append(digit)
    }
    return self < 0 ? "-\(text)" : text
  }
}

extension Double {
  /// With `digits` (1 to 3) after the point and a comma between thousands, as `1,234.500`. Rounded half away from zero.
  func grouped(digits: Int) -> String {
    let scale = [1: 10.0, 2: 100.0][digits] ?? 1_000.0
    // Beyond 2^53 / 1000 a double has no such digits any more; the clamp keeps the conversion defined.
    let scaled = (magnitude * scale).rounded()
    guard scaled < 9e15 else { return String(self) }
    let whole = Int64(scaled)
    let unit = Int64(scale)
    let rest = String(whole % unit)
    let zeros = String(repeating: "0", count: max(0, digits - rest.count))
    return "\(self < 0 && whole > 0 ? "-" : "")\((whole / unit).grouped).\(zeros)\(rest)"
  }
}

/// `part` of `whole` in percent, one digit after the point; a dash where there is no whole.
func percentage(_ part: Int64, of whole: Int64) -> String {
  whole == 0 ? "–" : "\((Double(part) / Double(whole) * 100).grouped(digits: 1)) %"
}
