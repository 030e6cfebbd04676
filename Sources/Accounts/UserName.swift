public import FlashSale

/// The name of a person in the admin console: 1 to 64 characters of `A-Z a-z 0-9 . _ -`, but neither `.` nor `..`. Two
/// that differ in case only are the same.
public struct UserName: Identifier {
  public let rawValue: String
  @inlinable public init(unchecked rawValue: String) { self.rawValue = rawValue.lowercased() }
  public static let field = "name"
  @inlinable public static var maxBytes: Int { Limits.userNameBytes }
  @inlinable public static var isPathSegment: Bool { true }

  @inlinable public static func allows(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
