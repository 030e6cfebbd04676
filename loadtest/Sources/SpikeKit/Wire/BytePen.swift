/// Writes one thing after the other into memory that its owner has made large enough: past its end is a crash.
struct BytePen {
  private let space: UnsafeMutableRawBufferPointer
  /// How many bytes it wrote.
  private(set) var written = 0

  init(_ space: UnsafeMutableRawBufferPointer) { self.space = space }

  mutating func write(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: space[written...]).copyMemory(from: $0) }
    written += bytes.count
  }

  /// A number that is not negative, in decimal digits: `Limits.decimalDigits` at most.
  mutating func write(decimal value: Int) {
    // Unsigned: a division by ten is one multiplication then.
    let value = value.magnitude
    var digits = 1
    var bound: UInt = 10
    while digits < Limits.decimalDigits, value >= bound {
      digits += 1
      bound &*= 10
    }
    precondition(written + digits <= space.count)
    var rest = value
    var place = written + digits
    repeat {
      place -= 1
      space[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    } while rest > 0
    written += digits
  }
}
